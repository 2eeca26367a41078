// What the browser's parts need of a browser, in one place, so that a test can play one.

/** The part of the Web Locks API that is used. */
export interface Locks {
  request(name: string, options: { signal: AbortSignal }, hold: () => Promise<void>): Promise<unknown>;
}

/** The part of a BroadcastChannel that is used. */
export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
  close(): void;
}

/** The page that a script runs in. */
export interface Page {
  address(): string;
  /** Without a navigation. */
  replaceAddress(address: string): void;
  /** Leaves the page, which the back button does not come back to. */
  leaveFor(address: string): void;
  /** Of this tab, beyond a reload. Throws where the browser forbids it. */
  storage(): Pick<Storage, "getItem" | "setItem">;
  /** As long as the page. */
  readonly memory: Map<string, unknown>;
}

export interface Environment {
  readonly fetch: typeof fetch;
  /** Not in every browser, and not on plain http. */
  readonly locks: Locks | undefined;
  readonly channel: (name: string) => Channel | undefined;
  readonly monotonic: () => number;
  readonly wall: () => number;
  readonly random: () => number;
  /** That of the page or worker. None on a server. */
  readonly origin: string | undefined;
  /** None on a server, and in a worker. */
  readonly page: Page | undefined;
  /** Calls when somebody looks at the page again or it is online again, and when it is offline. Answers what ends that. */
  watch(woke: () => void, offline: () => void): () => void;
}

const memory = new Map<string, unknown>();

export function browserEnvironment(): Environment {
  return {
    fetch: (input, init) => fetch(input, init),
    locks: globalThis.navigator?.locks as Locks | undefined,
    channel,
    monotonic: () => performance.now(),
    wall: () => Date.now(),
    random: () => Math.random(),
    origin: globalThis.location?.origin,
    page: globalThis.document && {
      address: () => location.href,
      // The state is the router's own. That of Next.js puts its own method here, and hears of whatever has no mark of its own.
      replaceAddress: (address) => {
        const { state } = history;
        history.replaceState(Object.hasOwn(history, "replaceState") ? { ...state, __NA: undefined } : state, "", address);
      },
      leaveFor: (address) => location.replace(address),
      storage: () => sessionStorage,
      memory,
    },
    watch,
  };
}

/** None on a server: run-times of servers have channels, which lead to all other requests of the process. */
function channel(name: string): Channel | undefined {
  try {
    return globalThis.location && new BroadcastChannel(name);
  } catch {
    // None in this browser, or not where cookies are blocked.
    return undefined;
  }
}

function watch(woke: () => void, offline: () => void): () => void {
  // Rendered on a server: nobody looks at it.
  if (!globalThis.document) {
    return () => {};
  }
  const end = new AbortController();
  const listen = (name: string, heard: () => void) => window.addEventListener(name, heard, end);
  const look = () => {
    if (document.visibilityState !== "hidden") {
      woke();
    }
  };
  ["visibilitychange", "online", "pageshow"].forEach((name) => listen(name, look));
  listen("offline", offline);
  return () => end.abort();
}
