// What the documents' examples take for granted: an application around them, and names that an earlier example has introduced.

type Sdk = typeof import("@vestibule/sdk");

declare const vestibule: import("@vestibule/sdk").Vestibule;
declare const opened: import("@vestibule/sdk").OpenedSession;
declare const session: import("@vestibule/sdk").CreatedSession;
declare const client: import("@vestibule/sdk/browser").TokenClient;
declare const Vestibule: Sdk["Vestibule"];
declare const PortalSessionNotFoundError: Sdk["PortalSessionNotFoundError"];
declare const PortalTokenMissingError: Sdk["PortalTokenMissingError"];
declare const portalBackend: typeof import("@vestibule/sdk/express").portalBackend;
declare const sessionTokenRoute: typeof import("@vestibule/sdk/express").sessionTokenRoute;
declare const createPortalClient: typeof import("@vestibule/sdk/browser").createPortalClient;
declare const createTokenClient: typeof import("@vestibule/sdk/browser").createTokenClient;
declare const TokenProvider: typeof import("@vestibule/sdk/react").TokenProvider;
declare const verifyToken: typeof import("@vestibule/sdk/verify").verifyToken;
declare const withPortal: typeof import("@vestibule/sdk/express").withPortal;

declare const rootKey: string | undefined;
declare const url: string;
declare const slug: string;
declare const externalId: string;
declare const externalOrganizationId: string;
declare const email: string | null | undefined;
declare const permissions: string[];
declare const metadata: Record<string, unknown>;
declare const ttlSeconds: number;
declare const sessionId: string;
declare const pasted: string;
declare const id: string;
declare const token: string;
declare const jwt: string;
declare const issuer: string;
declare const audience: string;
declare const sessionTokenUrl: string;
declare const apis: { test: string; live: string };
declare const error: unknown;
declare const children: import("react").ReactNode;

declare const express: typeof import("express");
declare const app: import("express").Express;
declare const request: import("express").Request;
declare const user: { readonly id: string; readonly email: string | undefined } & ((request: unknown) => { externalId: string } | null);
declare const billingPage: import("express").Handler;
declare function redirect(url: string): never;
declare function signedInAs(request: Request): Promise<string | null>;

/** As express-session has it. */
declare namespace Express {
  interface Request {
    readonly session: { readonly user?: { readonly id: string } };
  }
}
