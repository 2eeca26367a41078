// The package's main entry: the client of a server, its errors and its types.

export { Vestibule } from "./vestibule.js";
export type { AuthorizeOptions, Credential, ExchangeOptions, PortalCallOptions, VestibuleOptions } from "./vestibule.js";
export type { Sessions, SessionTokens } from "./sessions.js";
export type { CallOptions } from "./transport.js";
export type { Authorization } from "./authorization.js";
export type {
  CreatedSession,
  CreateSession,
  CreateSessionToken,
  EndedSession,
  Environment,
  ExchangedSession,
  ExplainedSession,
  ExplainSession,
  ExplainUser,
  HistoryEvent,
  IssuedToken,
  ListedSession,
  ListSessions,
  OpenedSession,
  PortalSession,
  Revoked,
  RevokeSession,
} from "./types.js";
export {
  BadRequestError,
  ConnectionError,
  CredentialsMalformedError,
  CredentialsMissingError,
  ForbiddenError,
  GatewayError,
  InsufficientPermissionsError,
  InvalidInputError,
  KeyNotFoundError,
  MethodNotAllowedError,
  PortalConfigNotFoundError,
  PortalSessionNotFoundError,
  PortalTokenMissingError,
  RateLimitedError,
  RequestBodyTooLargeError,
  RequestBodyUnreadableError,
  RequestTimeoutError,
  RouteNotFoundError,
  ServiceUnavailableError,
  TimeoutError,
  TooManySessionsError,
  UnexpectedAnswerError,
  UnexpectedGatewayError,
  UnsupportedMediaTypeError,
  VestibuleError,
} from "./errors.js";
export type { Fault, Refusal } from "./errors.js";
