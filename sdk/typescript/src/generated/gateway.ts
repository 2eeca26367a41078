// Made from the gateway's OpenAPI document by `npm run generate`. A test fails where the two differ.
// What the gateway takes and answers, to the letter; the SDK's own types are derived from these.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description `portal` and `scopes` are newer names of `slug` and `permissions`. */
        AnyCreateSessionRequest: components["schemas"]["CreateSessionRequest"] | components["schemas"]["CreateSessionRequestByNewerNames"];
        /** @description Who to create a session for, and what it may do. */
        CreateSessionRequest: {
            /**
             * @description The portal.
             * @example my-portal
             */
            slug: string;
            /**
             * @description Your own identifier of your user.
             * @example user_123
             */
            externalId: string;
            /** @description What the user may do; at most what the root key may grant. */
            permissions: components["schemas"]["Permission"][];
            /**
             * @description A session to look at the portal with, not a real user's.
             * @default false
             */
            preview?: boolean | null;
            /**
             * Format: uri
             * @description Where this session's browser gets a new one: an absolute http(s) URL under one of the portal's
             *     `return_urls`. Default: the portal's own.
             * @example https://app.example.com/billing
             */
            returnUrl?: string | null;
            /**
             * @description Where in the portal its browser begins: an absolute path with query and fragment, at the origin of the portal's
             *     `url`. Default: that `url`.
             * @example /invoices/42?tab=lines
             */
            path?: string | null;
            /**
             * Format: int32
             * @description Life of the browser session.
             * @default 86400
             */
            ttlSeconds?: number | null;
            /**
             * @description For people to read: an address of at most 320 characters, or an empty text.
             * @example jane@example.com
             */
            email?: string | null;
            /**
             * @description Your own identifier of the user's organisation.
             * @example org_1
             */
            externalOrganizationId?: string | null;
            /** @description Your own data, passed on to the portal unread; at most 4 KiB as JSON. */
            metadata?: Record<string, unknown> | null;
        };
        /** @description Who to create a session for, and what it may do. */
        CreateSessionRequestByNewerNames: {
            /**
             * @description The portal.
             * @example my-portal
             */
            portal: string;
            /**
             * @description Your own identifier of your user.
             * @example user_123
             */
            externalId: string;
            /** @description What the user may do; at most what the root key may grant. */
            scopes: components["schemas"]["Permission"][];
            /**
             * @description A session to look at the portal with, not a real user's.
             * @default false
             */
            preview?: boolean | null;
            /**
             * Format: uri
             * @description Where this session's browser gets a new one: an absolute http(s) URL under one of the portal's
             *     `return_urls`. Default: the portal's own.
             * @example https://app.example.com/billing
             */
            returnUrl?: string | null;
            /**
             * @description Where in the portal its browser begins: an absolute path with query and fragment, at the origin of the portal's
             *     `url`. Default: that `url`.
             * @example /invoices/42?tab=lines
             */
            path?: string | null;
            /**
             * Format: int32
             * @description Life of the browser session.
             * @default 86400
             */
            ttlSeconds?: number | null;
            /**
             * @description For people to read: an address of at most 320 characters, or an empty text.
             * @example jane@example.com
             */
            email?: string | null;
            /**
             * @description Your own identifier of the user's organisation.
             * @example org_1
             */
            externalOrganizationId?: string | null;
            /** @description Your own data, passed on to the portal unread; at most 4 KiB as JSON. */
            metadata?: Record<string, unknown> | null;
        };
        /** @description Whom to open a direct session for, and what it may do. */
        CreateSessionTokenRequest: {
            /**
             * @description The portal.
             * @example my-portal
             */
            slug: string;
            /**
             * @description Your own identifier of your user.
             * @example user_123
             */
            externalId: string;
            /** @description What the user may do; at most what the root key may grant. */
            permissions: components["schemas"]["Permission"][];
            /**
             * @description A session to look at the portal with, not a real user's.
             * @default false
             */
            preview?: boolean | null;
            /**
             * Format: uri
             * @description Where this session's browser gets a new one: an absolute http(s) URL under one of the portal's
             *     `return_urls`. Default: the portal's own.
             * @example https://app.example.com/billing
             */
            returnUrl?: string | null;
            /**
             * Format: int32
             * @description Life of the session.
             * @default 3600
             */
            ttlSeconds?: number | null;
            /**
             * @description For people to read: an address of at most 320 characters, or an empty text.
             * @example jane@example.com
             */
            email?: string | null;
            /**
             * @description Your own identifier of the user's organisation.
             * @example org_1
             */
            externalOrganizationId?: string | null;
            /** @description Your own data, passed on to the portal unread; at most 4 KiB as JSON. */
            metadata?: Record<string, unknown> | null;
            /**
             * @description Whether only the gateway can check the token, or everybody with its public keys.
             * @default opaque
             * @enum {string}
             */
            format?: "opaque" | "jwt";
        };
        /** @description A session that waits for its browser. */
        CreatedSession: {
            /**
             * Format: password
             * @description The credential of the redirect, single use. Secret.
             */
            sessionId: string;
            /**
             * Format: uri
             * @description Where to send the browser. Secret: it holds the session ID.
             * @example https://portal.example.com/?session=pst_live_…
             */
            url: string;
            /**
             * Format: int64
             * @description When the session ID ends, Unix milliseconds.
             * @example 1742000000000
             */
            expiresAt: number;
            /**
             * Format: int64
             * @description Whole seconds until then, by the server's clock.
             * @example 900
             */
            expiresIn: number;
            /** @description The session's public handle; no credential. */
            id: components["schemas"]["SessionHandle"];
            /** @description For the developer: what is legal in the call and yet doubtful. */
            warnings: string[];
        };
        /** @description Where the user goes after a logout. */
        EndedSession: {
            /**
             * Format: uri
             * @description The session's own return URL, or else the portal's.
             */
            returnUrl?: string;
        };
        /**
         * @description Live and test sessions never meet.
         * @enum {string}
         */
        Environment: "live" | "test";
        /** @description What went wrong. */
        ErrorDetails: {
            /**
             * Format: uri
             * @description A URL that explains the error; it ends in its stable code.
             */
            type: string;
            title: string;
            /** Format: int32 */
            status: number;
            detail: string;
            /** @description Every fault of a 400. */
            errors?: components["schemas"]["Fault"][];
            /**
             * Format: uri
             * @description Where the browser gets a new session, if that is known.
             */
            redirectUrl?: string;
        };
        /** @description An error for a client that asks for `application/json`. */
        ErrorEnvelope: {
            meta: components["schemas"]["Meta"];
            error: components["schemas"]["ErrorDetails"];
        };
        /** @description The session ID to spend, under its newer name. */
        ExchangeCodeRequest: {
            /**
             * Format: password
             * @description The session ID. Secret.
             * @example pst_live_…
             */
            code: string;
        };
        /** @description The session ID to spend. */
        ExchangeSessionRequest: {
            /**
             * Format: password
             * @description From the query parameter `session` of the portal's URL. Secret.
             * @example pst_live_…
             */
            sessionId: string;
        };
        /** @description A browser session that has begun, under newer names. */
        ExchangedCode: {
            /**
             * Format: password
             * @description Its credential, for a Bearer header. Secret; browsers never get it.
             */
            accessToken?: string;
            /**
             * Format: int64
             * @description When it ends, Unix milliseconds.
             */
            expiresAt: number;
            /**
             * Format: int64
             * @description Whole seconds until then, by the server's clock.
             */
            expiresIn: number;
            /**
             * @description Where in the portal to go on, at the origin of its `url`: path, query and fragment.
             * @example /invoices/42?tab=lines
             */
            path?: string;
        };
        /** @description A browser session that has begun. */
        ExchangedSession: {
            /**
             * Format: int64
             * @description When it ends, Unix milliseconds.
             */
            expiresAt: number;
            /**
             * Format: int64
             * @description Whole seconds until then, by the server's clock.
             * @example 86400
             */
            expiresIn: number;
            /** @description What `portal.getSession` tells. */
            session: components["schemas"]["PortalSession"];
            /**
             * @description Where in the portal to go on, at the origin of its `url`: path, query and fragment.
             * @example /invoices/42?tab=lines
             */
            path?: string;
            /**
             * Format: password
             * @description Its credential, for a Bearer header. Secret; browsers never get it.
             */
            token?: string;
        };
        /** @description One link. */
        ExplainLinkRequest: {
            /**
             * Format: password
             * @description A session ID, or a text with a link that has one, as somebody pasted it. It is not spent. Secret.
             * @example https://portal.example.com/?session=pst_live_…
             */
            sessionId: string;
        };
        /** @description One session. */
        ExplainOneRequest: {
            /**
             * @description Its handle.
             * @example sess_D0pMTgjZ6dE3ogLS0VbXQDwxm0MXrIde
             */
            id: string;
        };
        /** @description Either `id` or `sessionId` alone, or a user. */
        ExplainSessionRequest: components["schemas"]["ExplainOneRequest"] | components["schemas"]["ExplainLinkRequest"] | components["schemas"]["ExplainUserRequest"];
        /** @description Whose latest 20 sessions to explain. */
        ExplainUserRequest: {
            /**
             * @description The portal.
             * @example my-portal
             */
            slug: string;
            /**
             * @description Your own identifier of your user.
             * @example user_123
             */
            externalId: string;
        };
        /** @description What became of a session. */
        ExplainedSession: {
            /** @description Its handle; absent where nothing is known. */
            id?: components["schemas"]["SessionHandle"];
            /**
             * @description Of its portal.
             * @example my-portal
             */
            slug?: string;
            /**
             * @description The backend's identifier of its user, as long as anything still tells it.
             * @example user_123
             */
            externalId?: string;
            /** @description What became of the session, or of the link that was asked about. */
            state: components["schemas"]["ExplainedState"];
            /**
             * @description The true reason, in English. Not for visitors.
             * @example The link has been used in Chrome on Windows, and a link works only once; the session is active in Chrome on Windows.
             */
            sentence: string;
            /** @description What happened, in order; as far as `history.days` keeps it. */
            events: components["schemas"]["HistoryEvent"][];
        };
        /**
         * @description What became of a session or a link.
         * @enum {string}
         */
        ExplainedState: "pending" | "active" | "expired" | "used" | "ended" | "revoked" | "idle" | "displaced" | "unknown";
        /** @description One invalid value. */
        Fault: {
            /** @description Such as `body.permissions[0]`. */
            location: string;
            /** @description What is wrong. */
            message: string;
            /** @description What to do about it. */
            fix: string;
        };
        /** @description The state of the gateway. */
        Health: {
            /**
             * @description `live` or `ready`.
             * @example ready
             */
            status: string;
            /**
             * @description `refused` while the store takes no new sessions; those that are open are served.
             * @example refused
             */
            newSessions?: string;
        };
        /** @description Something that happened to a session. */
        HistoryEvent: {
            /**
             * Format: int64
             * @description Unix milliseconds.
             */
            at: number;
            /**
             * @description The name that the log has for it.
             * @example session.refused
             */
            event: string;
            /**
             * @description The id of the root key.
             * @example acme-backend
             */
            by?: string;
            /**
             * @description What asked for the landing page: `browser`, `prefetch` or `scanner`.
             * @example scanner
             */
            looksLike?: string;
            /**
             * @description The browser, in short.
             * @example Chrome on Windows
             */
            userAgent?: string;
            /**
             * @description The true reason of a refusal.
             * @example used
             */
            reason?: string;
            /**
             * @description The same in English.
             * @example Refused: already used.
             */
            sentence: string;
        };
        /** @description A signed token of a session. */
        IssuedToken: {
            /**
             * Format: password
             * @description The JWT. Secret.
             */
            token: string;
            /**
             * Format: int64
             * @description When it ends, Unix milliseconds.
             * @example 1742000000000
             */
            expiresAt: number;
            /**
             * Format: int64
             * @description Whole seconds until then, by the server's clock.
             * @example 300
             */
            expiresIn: number;
        };
        /** @description Whose sessions to list. */
        ListSessionsRequest: {
            /**
             * @description The portal.
             * @example my-portal
             */
            slug: string;
            /**
             * @description Your own identifier of your user.
             * @example user_123
             */
            externalId: string;
            /**
             * Format: int32
             * @description How many sessions a page has.
             * @default 100
             */
            limit?: number | null;
            /** @description From the page before. */
            cursor?: string | null;
        };
        /** @description A pending or active session in a list. */
        ListedSession: {
            /** @description Its handle. */
            id: components["schemas"]["SessionHandle"];
            /** @description Whether its session ID has been exchanged. */
            state: components["schemas"]["ListedState"];
            /** @description How it began. */
            kind: components["schemas"]["SessionKind"];
            /**
             * Format: int64
             * @description Unix milliseconds.
             */
            createdAt: number;
            /**
             * Format: int64
             * @description Unix milliseconds; absent while pending.
             */
            exchangedAt?: number;
            /**
             * Format: int64
             * @description Unix milliseconds: of the session ID while pending, of the browser session afterwards.
             */
            expiresAt: number;
            /**
             * Format: int64
             * @description Whole seconds until then, by the server's clock.
             */
            expiresIn: number;
            /** @description Of the browser that exchanged it. */
            userAgent?: string;
            /** @description Not a real user's. */
            preview: boolean;
        };
        /**
         * @description Where a listed session is in its life.
         * @enum {string}
         */
        ListedState: "pending" | "active";
        /** @description Accompanies the data of every answer. */
        Meta: {
            /**
             * @description Names this request in the gateway's log.
             * @example req_8GjycgpPXVfNhojLroDh
             */
            requestId: string;
        };
        /** @description A direct session that has begun. */
        OpenedSession: {
            /**
             * Format: password
             * @description Its credential, for a Bearer header: `pt_…`, or a JWT. Secret.
             */
            token: string;
            /** @description The session's public handle; no credential. A JWT's `jti`. */
            id: components["schemas"]["SessionHandle"];
            /**
             * Format: int64
             * @description When it ends, Unix milliseconds.
             * @example 1742000000000
             */
            expiresAt: number;
            /**
             * Format: int64
             * @description Whole seconds until then, by the server's clock.
             * @example 3600
             */
            expiresIn: number;
            /** @description Of the root key that asked for it. */
            environment: components["schemas"]["Environment"];
            /** @description For the developer: what is legal in the call and yet doubtful. */
            warnings: string[];
        };
        /** @description Where the list continues. */
        Pagination: {
            /** @description For the next page. Absent on the last page. */
            cursor?: string;
            /** @description Whether there is a next page. */
            hasMore: boolean;
        };
        /**
         * @description A permission. It covers another by segments, split at `:` and `.`, of which none is empty; a `*` segment covers
         *     any one segment.
         * @example api.*.read_key
         */
        Permission: string;
        /** @description Who is there, and what they may do. */
        PortalSession: {
            /** @description Its public handle. */
            id: components["schemas"]["SessionHandle"];
            /**
             * @description The portal.
             * @example my-portal
             */
            slug: string;
            /** @description Of the root key that created it. */
            environment: components["schemas"]["Environment"];
            /**
             * @description The backend's identifier of its user.
             * @example user_123
             */
            externalId: string;
            /** @description The backend's identifier of the organisation. */
            externalOrganizationId?: string;
            /** @description For people to read. */
            email?: string;
            /** @description What the user may do. */
            permissions: components["schemas"]["Permission"][];
            /** @description Not a real user's. */
            preview: boolean;
            /** @description The backend's own data. */
            metadata?: Record<string, unknown>;
            /**
             * Format: int64
             * @description Unix milliseconds.
             */
            createdAt: number;
            /**
             * Format: int64
             * @description Unix milliseconds.
             */
            exchangedAt?: number;
            /**
             * Format: int64
             * @description Unix milliseconds.
             */
            expiresAt: number;
            /**
             * Format: int64
             * @description Whole seconds until then, by the server's clock.
             */
            expiresIn: number;
            /**
             * Format: int64
             * @description When it is over if nobody uses it any more, Unix milliseconds; where the portal has an idle time-out.
             */
            idleExpiresAt?: number;
            /**
             * Format: uri
             * @description Where its user gets a new session.
             */
            returnUrl?: string;
        };
        /** @description An error for every other client: the members of RFC 9457, and the same again as in `ErrorEnvelope`. */
        Problem: {
            meta: components["schemas"]["Meta"];
            error: components["schemas"]["ErrorDetails"];
            /**
             * Format: uri
             * @description A URL that explains the error.
             */
            type: string;
            title: string;
            /** Format: int32 */
            status: number;
            detail: string;
            /** @description Names this occurrence. */
            instance: string;
        };
        /** @description All of a user's sessions of one portal, or of all that the root key may see. */
        RevokeAllRequest: {
            /**
             * @description The portal; without it, all portals.
             * @example my-portal
             */
            slug?: string | null;
            /**
             * @description Your own identifier of your user.
             * @example user_123
             */
            externalId: string;
            /**
             * @description The handle of a session that goes on: "sign out everywhere else".
             * @example sess_D0pMTgjZ6dE3ogLS0VbXQDwxm0MXrIde
             */
            except?: string | null;
        };
        /** @description The session of a token, of whatever kind. */
        RevokeByTokenRequest: {
            /**
             * Format: password
             * @description A browser's, or a direct one, opaque or a JWT. If its session is over, nothing is revoked. What is no token is a `400`.
             * @example pt_live_…
             */
            token: string;
        };
        /** @description One session. */
        RevokeOneRequest: {
            /**
             * @description Its handle. A text that names no session revokes nothing.
             * @example sess_D0pMTgjZ6dE3ogLS0VbXQDwxm0MXrIde
             */
            id: string;
        };
        /** @description Either `id` or `token` alone, or `externalId`. */
        RevokeSessionRequest: components["schemas"]["RevokeOneRequest"] | components["schemas"]["RevokeByTokenRequest"] | components["schemas"]["RevokeAllRequest"];
        /** @description How many sessions were ended. */
        Revoked: {
            /**
             * Format: int64
             * @description Sessions that were already gone, or that you may not see, do not count.
             * @example 2
             */
            revoked: number;
        };
        /**
         * @description The public name of a session; safe to log and to keep.
         * @example sess_D0pMTgjZ6dE3ogLS0VbXQDwxm0MXrIde
         */
        SessionHandle: string;
        /**
         * @description How a session began.
         * @enum {string}
         */
        SessionKind: "browser" | "direct";
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
