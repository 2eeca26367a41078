// When a permission that is held covers one that is asked for: the gateway's own rule, for a portal whose proxy has already
// asked who is there.

const segments = (permission: string) => permission.split(/[:.]/);

function covers(held: string, asked: string): boolean {
  if (held === "*") {
    return true;
  }
  const [mine, theirs] = [segments(held), segments(asked)];
  // A `*` in what is asked for is literal, so a wildcard is never widened.
  const fits = (segment: string, index: number) => segment === theirs[index] || (segment === "*" && theirs[index] !== "");
  return mine.length === theirs.length && mine.every(fits);
}

/** Whether all that is asked for is held. */
export function holds(held: readonly string[], asked: readonly string[]): boolean {
  return asked.every((permission) => held.some((one) => covers(one, permission)));
}
