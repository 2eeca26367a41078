// What components ask of the provider above them.

import { useContext, useMemo, useSyncExternalStore } from "react";

import type { EndedSession } from "../browser.js";
import { SourceContext, type Snapshot, type Source } from "./source.js";

export interface SessionState extends Omit<Snapshot, "token"> {
  /** Logs out, in all tabs; for `<PortalProvider>`. Where to go then is yours: `returnUrl` says where the user came from. */
  end(): Promise<EndedSession>;
}

export interface TokenState {
  readonly status: Snapshot["status"];
  /** To show; for requests there is `getToken`. Only of `<TokenProvider>`. */
  readonly token: string | undefined;
  /** One that holds when a request with it arrives: the direct session's, or a signed one of the portal's. */
  getToken(): Promise<string>;
  /** With the token, to the API of its environment; for `<TokenProvider>`. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

export function useSource(): readonly [Source, Snapshot] {
  const source = useContext(SourceContext);
  if (source === undefined) {
    throw new Error("There is no <PortalProvider> or <TokenProvider> above this component.");
  }
  return [source, useSyncExternalStore(source.subscribe, () => source.snapshot, () => source.first)];
}

/** Who is there. */
export function useSession(): SessionState {
  const [source, snapshot] = useSource();
  return useMemo(() => {
    const { token: _, ...seen } = snapshot;
    const end = async () => {
      const client = await source.client();
      if (!("end" in client)) {
        throw new TypeError("A log-out is for <PortalProvider>.");
      }
      return client.end();
    };
    return { ...seen, end };
  }, [source, snapshot]);
}

/** Their token, for calls of APIs. */
export function useToken(): TokenState {
  const [source, { status, token }] = useSource();
  const calls = useMemo(() => {
    const fetch = async (path: string, init?: RequestInit) => {
      const client = await source.client();
      if (!("fetch" in client)) {
        throw new TypeError("A fetch is for <TokenProvider>.");
      }
      return client.fetch(path, init);
    };
    return { getToken: async () => (await source.client()).getToken(), fetch };
  }, [source]);
  return { status, token, ...calls };
}
