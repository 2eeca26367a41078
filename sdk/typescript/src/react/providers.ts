// The providers. Each makes its client in an effect, so that a server and a second render make none, and ends it when it goes.

import { createElement, useEffect, useRef, useState, type ReactElement, type ReactNode } from "react";

import {
  createPortalClient,
  createTokenClient,
  type PortalClient,
  type PortalClientOptions,
  type TokenClient,
  type TokenClientOptions,
} from "../browser.js";
import { Entrance } from "../browser/entrance.js";
import { browserEnvironment } from "../browser/environment.js";
import { Source, SourceContext, type AnyClient } from "./source.js";

interface Children {
  readonly children?: ReactNode;
}

/** What `createPortalClient` takes; or a client of your own, which you close. */
export type PortalProviderProps = Children & (PortalClientOptions | { readonly client: PortalClient });
/** What `createTokenClient` takes; or a client of your own, which you close. */
export type TokenProviderProps = Children & (TokenClientOptions | { readonly client: TokenClient });

/** For the pages of a portal with a cookie. */
export function PortalProvider(props: PortalProviderProps): ReactElement {
  const latest = useRef(props);
  latest.current = props;
  const own = "client" in props ? undefined : props;
  useState(() => own && leaveAddressBar(own));
  const make = () => {
    // The newest `onExpired`, for the one of the first render may see what is no more.
    const onExpired: PortalClientOptions["onExpired"] = own?.onExpired && ((expired) => (latest.current as PortalClientOptions).onExpired?.(expired));
    return createPortalClient({ ...own!, onExpired });
  };
  const first = own?.session && { status: "ready" as const, session: own.session };
  return useProvider(props, `${own?.url} ${own?.slug}`, first ?? {}, make);
}

/** For pages that call APIs with the token of a direct session. */
export function TokenProvider(props: TokenProviderProps): ReactElement {
  const latest = useRef(props);
  latest.current = props;
  const own = "client" in props ? undefined : props;
  const { sessionTokenUrl, fetchToken, name, token } = own ?? {};
  const value = typeof token === "string" ? token : token?.token;
  const make = () => {
    const newest: TokenClientOptions["fetchToken"] = fetchToken && ((signal) => (latest.current as TokenClientOptions).fetchToken!(signal));
    return createTokenClient({ ...own!, fetchToken: newest });
  };
  // Where nothing renews the token, another one is another client's.
  const key = sessionTokenUrl ?? fetchToken ? `${sessionTokenUrl} ${name}` : value;
  const first = value && { status: "ready" as const, token: value };
  return useProvider(props, `${key}`, first || {}, make);
}

function useProvider(props: Children & { client?: AnyClient }, key: string, first: Partial<AnyClient>, make: () => AnyClient): ReactElement {
  const { client, children } = props;
  const [source] = useState(() => new Source(client ?? first));
  useEffect(() => {
    const used = client ?? make();
    const detach = source.attach(used);
    return () => {
      detach();
      if (client === undefined) {
        used.close();
      }
    };
    // What `make` closes over is of this key.
  }, [client, key]);
  return createElement(SourceContext.Provider, { value: source }, children);
}

/** Before any effect: those of children run first. The client finds the ID where it is kept. */
function leaveAddressBar({ slug, sessionParameter = "session" }: PortalClientOptions): void {
  const { page } = browserEnvironment();
  if (page !== undefined) {
    new Entrance(page, slug, sessionParameter);
  }
}
