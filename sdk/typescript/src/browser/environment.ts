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

export interface Environment {
  readonly fetch: typeof fetch;
  /** Not in every browser, and not on plain http. */
  readonly locks: Locks | undefined;
  readonly channel: ((name: string) => Channel) | undefined;
  readonly monotonic: () => number;
  readonly wall: () => number;
  readonly random: () => number;
  /** The page's own origin. */
  readonly origin: string;
  /** Calls when somebody looks at the page again or it is online again, and when it is offline. Answers what ends that. */
  watch(woke: () => void, offline: () => void): () => void;
}

const WAKES: readonly (readonly [() => EventTarget, string])[] = [
  [() => document, "visibilitychange"],
  [() => window, "online"],
  [() => window, "pageshow"],
];

export function browserEnvironment(): Environment {
  return {
    fetch: (input, init) => fetch(input, init),
    locks: globalThis.navigator?.locks as Locks | undefined,
    channel: typeof BroadcastChannel === "undefined" ? undefined : (name) => new BroadcastChannel(name),
    monotonic: () => performance.now(),
    wall: () => Date.now(),
    random: () => Math.random(),
    origin: globalThis.location?.origin ?? "",
    watch,
  };
}

function watch(woke: () => void, offline: () => void): () => void {
  // Rendered on a server: nobody looks at it.
  if (typeof document === "undefined") {
    return () => {};
  }
  const look = () => {
    if (document.visibilityState !== "hidden") {
      woke();
    }
  };
  WAKES.forEach(([target, name]) => target().addEventListener(name, look));
  window.addEventListener("offline", offline);
  return () => {
    WAKES.forEach(([target, name]) => target().removeEventListener(name, look));
    window.removeEventListener("offline", offline);
  };
}
