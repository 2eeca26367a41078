// The gateway's errors as classes, one for each code, and what else may come of a call: no answer, or an answer that is not
// the gateway's. No error holds a credential.

import type { components } from "./generated/gateway.js";

/** One invalid value of a request. */
export type Fault = components["schemas"]["Fault"];

/** What every error of this package is. */
export class VestibuleError extends Error {
  override readonly name: string = "VestibuleError";
}

/** What the gateway says about a refused call. */
export interface Refusal {
  /** Such as `authentication/portal_session_not_found`. It never changes its meaning. */
  readonly code: string;
  readonly status: number;
  /** The address of the page that explains the error and how to fix it. */
  readonly type: string;
  readonly title: string;
  /** For a developer to read, not for users. */
  readonly detail: string;
  /** Every fault of an invalid request; empty for all other errors. */
  readonly errors: readonly Fault[];
  /** Names the call in the gateway's log. */
  readonly requestId: string | undefined;
  /** Seconds to wait before the next try, where the gateway has named them. */
  readonly retryAfter: number | undefined;
  /** Where the browser gets a new session, if the gateway knows. */
  readonly redirectUrl: string | undefined;
}

/** The gateway has refused the call. A code without a class of its own is this class. */
export class GatewayError extends VestibuleError implements Refusal {
  override readonly name: string = "GatewayError";
  readonly code: string;
  readonly status: number;
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly Fault[];
  readonly requestId: string | undefined;
  readonly retryAfter: number | undefined;
  readonly redirectUrl: string | undefined;

  constructor(refusal: Refusal) {
    const faults = refusal.errors.map((fault) => `\n  ${fault.location}: ${fault.message} ${fault.fix}`);
    super(`${refusal.detail}${faults.join("")} (${refusal.code}, request ${refusal.requestId ?? "unknown"})`);
    this.code = refusal.code;
    this.status = refusal.status;
    this.type = refusal.type;
    this.title = refusal.title;
    this.detail = refusal.detail;
    this.errors = refusal.errors;
    this.requestId = refusal.requestId;
    this.retryAfter = refusal.retryAfter;
    this.redirectUrl = refusal.redirectUrl;
  }
}

/** The call has no root key. */
export class CredentialsMissingError extends GatewayError {
  override readonly name = "CredentialsMissingError";
}
/** What the call carries is no root key. */
export class CredentialsMalformedError extends GatewayError {
  override readonly name = "CredentialsMalformedError";
}
/** The gateway does not know this root key. */
export class KeyNotFoundError extends GatewayError {
  override readonly name = "KeyNotFoundError";
}
/** The call carries neither a session's cookie nor its token. */
export class PortalTokenMissingError extends GatewayError {
  override readonly name = "PortalTokenMissingError";
}
/** The session ID or token is unknown, expired, used or revoked. */
export class PortalSessionNotFoundError extends GatewayError {
  override readonly name = "PortalSessionNotFoundError";
}
/** The portal is switched off, does not list this origin, or has no direct sessions. */
export class ForbiddenError extends GatewayError {
  override readonly name = "ForbiddenError";
}
/** The session lacks a permission, or the root key may not grant it. */
export class InsufficientPermissionsError extends GatewayError {
  override readonly name = "InsufficientPermissionsError";
}
/** The user has as many sessions as the portal allows. */
export class TooManySessionsError extends GatewayError {
  override readonly name = "TooManySessionsError";
}
/** The root key sees no portal of this name. */
export class PortalConfigNotFoundError extends GatewayError {
  override readonly name = "PortalConfigNotFoundError";
}
/** Values of the request are invalid: `errors` names each. */
export class InvalidInputError extends GatewayError {
  override readonly name = "InvalidInputError";
}
/** The request could not be read; the SDK has no such requests, so something on the way has changed it. */
export class BadRequestError extends GatewayError {
  override readonly name: string = "BadRequestError";
}
export class RequestBodyUnreadableError extends BadRequestError {
  override readonly name = "RequestBodyUnreadableError";
}
export class UnsupportedMediaTypeError extends BadRequestError {
  override readonly name = "UnsupportedMediaTypeError";
}
export class RequestBodyTooLargeError extends BadRequestError {
  override readonly name = "RequestBodyTooLargeError";
}
export class RequestTimeoutError extends BadRequestError {
  override readonly name = "RequestTimeoutError";
}
export class RouteNotFoundError extends BadRequestError {
  override readonly name = "RouteNotFoundError";
}
export class MethodNotAllowedError extends BadRequestError {
  override readonly name = "MethodNotAllowedError";
}
/** Too many calls; `retryAfter` says for how long. */
export class RateLimitedError extends GatewayError {
  override readonly name = "RateLimitedError";
}
/** The gateway's store does not answer. No session has ended by that. */
export class ServiceUnavailableError extends GatewayError {
  override readonly name = "ServiceUnavailableError";
}
/** A fault in the gateway. */
export class UnexpectedGatewayError extends GatewayError {
  override readonly name = "UnexpectedGatewayError";
}

/** No answer came: the connection failed. `cause` says why. */
export class ConnectionError extends VestibuleError {
  override readonly name: string = "ConnectionError";
}

/** No answer came in time. */
export class TimeoutError extends ConnectionError {
  override readonly name = "TimeoutError";
}

/** The answer is not the gateway's: `url` leads elsewhere, or a proxy between has answered. */
export class UnexpectedAnswerError extends VestibuleError {
  override readonly name = "UnexpectedAnswerError";
  readonly status: number;

  constructor(status: number) {
    super(`The answer with status ${status} is not the gateway's. Does \`url\` lead to it?`);
    this.status = status;
  }
}

const CLASSES: Readonly<Record<string, new (refusal: Refusal) => GatewayError>> = {
  "authentication/missing": CredentialsMissingError,
  "authentication/malformed": CredentialsMalformedError,
  "authentication/key_not_found": KeyNotFoundError,
  "authentication/portal_token_missing": PortalTokenMissingError,
  "authentication/portal_session_not_found": PortalSessionNotFoundError,
  "authorization/forbidden": ForbiddenError,
  "authorization/insufficient_permissions": InsufficientPermissionsError,
  "authorization/too_many_sessions": TooManySessionsError,
  "data/portal_config_not_found": PortalConfigNotFoundError,
  "application/invalid_input": InvalidInputError,
  "bad_request/request_body_unreadable": RequestBodyUnreadableError,
  "bad_request/unsupported_media_type": UnsupportedMediaTypeError,
  "bad_request/request_body_too_large": RequestBodyTooLargeError,
  "bad_request/request_timeout": RequestTimeoutError,
  "bad_request/route_not_found": RouteNotFoundError,
  "bad_request/method_not_allowed": MethodNotAllowedError,
  "too_many_requests/rate_limited": RateLimitedError,
  "application/service_unavailable": ServiceUnavailableError,
  "application/unexpected_error": UnexpectedGatewayError,
};

/** The error of a refused call. */
export function gatewayError(refusal: Refusal): GatewayError {
  const known = Object.hasOwn(CLASSES, refusal.code) ? CLASSES[refusal.code] : undefined;
  return new (known ?? GatewayError)(refusal);
}
