// What `portal.authorize` tells: who is there, read from the headers that a proxy would hand on to the portal.

import { UnexpectedAnswerError } from "./errors.js";
import type { Environment } from "./types.js";

/** A session that holds all the permissions that were asked for. */
export interface Authorization {
  readonly id: string;
  readonly slug: string;
  readonly externalId: string;
  readonly externalOrganizationId?: string;
  readonly permissions: readonly string[];
  readonly environment: Environment;
  readonly preview: boolean;
  readonly expiresAt: Date;
}

/** Values are percent-encoded, and empty where there is none. */
export function authorizationIn(headers: Headers): Authorization {
  const value = (name: string) => decodeURIComponent(headers.get(`portal-${name}`) ?? "");
  const id = value("session-id");
  if (id === "") {
    throw new UnexpectedAnswerError(200);
  }
  const organization = value("organization-id");
  return {
    id,
    slug: value("slug"),
    externalId: value("external-id"),
    ...(organization === "" ? {} : { externalOrganizationId: organization }),
    permissions: value("permissions").split(",").filter((permission) => permission !== ""),
    environment: value("environment") as Environment,
    preview: value("preview") === "true",
    expiresAt: new Date(Number(value("expires-at"))),
  };
}
