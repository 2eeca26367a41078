// What is shown to whom.

import { createElement, Fragment, useEffect, useState, type ReactElement, type ReactNode } from "react";

import { useSource } from "./hooks.js";

const LONGEST_WAIT_S = 86_400;

/** Shows its children to somebody who is signed in, and goes on doing so in an outage. */
export function SignedIn({ children }: { readonly children?: ReactNode }): ReactElement | null {
  const [, { isSignedIn }] = useSource();
  return isSignedIn ? createElement(Fragment, null, children) : null;
}

/** Shows its children once it is certain that nobody is signed in. */
export function SignedOut({ children }: { readonly children?: ReactNode }): ReactElement | null {
  const [, { status }] = useSource();
  return status === "signed_out" ? createElement(Fragment, null, children) : null;
}

export interface SessionExpiringProps {
  /** Seconds before the session's end; default 60. */
  readonly within?: number | undefined;
  /** May be a function, of the seconds that are left. */
  readonly children?: ReactNode | ((secondsLeft: number) => ReactNode);
}

/** Shows its children when the session is about to end, or a token that could not be renewed. */
export function SessionExpiring({ within = 60, children }: SessionExpiringProps): ReactElement | null {
  const [source, snapshot] = useSource();
  const [left, setLeft] = useState<number>();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      const seconds = snapshot.isSignedIn ? source.secondsLeft : undefined;
      const isNear = seconds !== undefined && seconds <= within;
      setLeft(isNear ? Math.ceil(seconds) : undefined);
      if (seconds) {
        timer = setTimeout(look, isNear ? 1_000 : Math.min(seconds - within, LONGEST_WAIT_S) * 1_000);
      }
    };
    look();
    return () => clearTimeout(timer);
  }, [source, snapshot, within]);
  return left === undefined ? null : createElement(Fragment, null, typeof children === "function" ? children(left) : children);
}
