// The one rule by which the SDK knows the gateway's own refusals, on servers and in pages: by the code in the `type` of an
// error. Whatever else answers in the gateway's place has none.

/** The base of the address is the operator's; its last two segments are the code. */
const TYPE = /\/([a-z_]+\/[a-z_]+)$/;
const OVER = /^authentication\/portal_(?:session_not_found|token_missing)$/;

/** Such as `authorization/forbidden`; nothing where the error is not the gateway's. */
export const codeIn = (type: unknown): string | undefined => (typeof type === "string" ? TYPE.exec(type)?.[1] : undefined);

/** The gateway itself says that there is no session. */
export const saysOver = (status: number, code: string | undefined): boolean => status === 401 && OVER.test(code ?? "");
