// Compiled, never run: what an application writes, and what must not compile.

import { PortalSessionNotFoundError, Vestibule, type ExplainedSession, type ListedSession } from "@vestibule/sdk";

declare const user: { id: string; email?: string | null; organization: string | undefined };

export const vestibule = new Vestibule({
  url: "https://sessions.example.com",
  rootKey: process.env["VESTIBULE_ROOT_KEY"],
  portal: "my-portal",
  permissions: ["keys:read"],
});

export async function backend(): Promise<string> {
  const session = await vestibule.sessions.create({
    externalId: user.id,
    email: user.email,
    externalOrganizationId: user.organization,
    metadata: { plan: "pro", seats: 3 },
  });
  const until: Date = session.expiresAt;
  const { token, environment } = await vestibule.sessionTokens.create({ externalId: user.id, ttlSeconds: 600 });
  environment satisfies "live" | "test";
  await vestibule.sessionTokens.revoke(token);
  await vestibule.sessions.revoke({ externalId: user.id, except: session.id });
  return `${session.url} ${token} ${until.toISOString()}`;
}

export async function portal(cookie: string, origin: string | undefined): Promise<string | undefined> {
  try {
    const session = await vestibule.getSession({ cookie, origin });
    // Absent while the session is pending: it may be missing, never null.
    session.exchangedAt satisfies Date | undefined;
    return session.externalId;
  } catch (error) {
    return error instanceof PortalSessionNotFoundError ? error.redirectUrl : undefined;
  }
}

export async function all(): Promise<ListedSession[]> {
  const found: ListedSession[] = [];
  for await (const session of vestibule.sessions.list({ externalId: user.id })) {
    found.push(session);
  }
  return found;
}

export async function support(pasted: string): Promise<string> {
  const { id, state, sentence, events } = await vestibule.sessions.explain(pasted);
  id satisfies string | undefined;
  events.map(({ at, event, reason }) => [at satisfies Date, event, reason satisfies string | undefined]);
  const latest: ExplainedSession[] = await vestibule.sessions.explain({ externalId: user.id });
  (await vestibule.sessions.explain({ sessionId: pasted })).state satisfies "pending" | string;
  return state === "used" ? sentence : `${latest.length}`;
}

export async function mistakes(): Promise<void> {
  // @ts-expect-error: a session is somebody's
  await vestibule.sessions.create({});
  // @ts-expect-error: no such field
  await vestibule.sessions.create({ externalId: "user_123", permission: ["keys:read"] });
  // @ts-expect-error: a time is a Date
  (await vestibule.getSession("ps_live_…")).expiresAt satisfies number;
  // @ts-expect-error: nothing says what to revoke
  await vestibule.sessions.revoke({});
  // @ts-expect-error: one session is no list
  await vestibule.sessions.explain({ id: "sess_…" }) satisfies ExplainedSession[];
  // @ts-expect-error: nothing says what to explain
  await vestibule.sessions.explain({ slug: "my-portal" });
}
