// What all calls by root key have in common: the key, the defaults, and the gateway's warnings to the developer.
// The key is private, so that neither a log nor an inspector shows it.

import type { Answer } from "./answer.js";
import { environment } from "./environment.js";
import { VestibuleError } from "./errors.js";
import type { CallOptions, Repeat, Transport } from "./transport.js";
import { withDates, type Revoked, type RevokeSession } from "./types.js";

export interface BackendOptions {
  readonly rootKey?: string | undefined;
  readonly portal?: string | undefined;
  readonly permissions?: readonly string[] | undefined;
}

export class Backend {
  readonly #transport: Transport;
  readonly #options: BackendOptions;
  readonly #warned = new Set<string>();

  constructor(transport: Transport, options: BackendOptions) {
    this.#transport = transport;
    this.#options = options;
  }

  post(verb: string, body: object, repeat: Repeat, options: CallOptions | undefined): Promise<Answer> {
    const { rootKey } = this.#options;
    if (rootKey === undefined) {
      throw new VestibuleError(`portal.${verb} needs a root key: new Vestibule({ url, rootKey }).`);
    }
    return this.#transport.send(
      { method: "POST", verb, headers: { authorization: `Bearer ${rootKey}` }, body, repeat },
      options,
    );
  }

  /** A new session of either kind. */
  async create<T extends { warnings: string[] }>(
    verb: string,
    fields: { permissions?: readonly string[] | undefined | null; slug?: string | undefined | null },
    repeat: Repeat,
    options: CallOptions | undefined,
  ): Promise<T> {
    const body = { ...this.withPortal(fields), permissions: fields.permissions ?? this.#options.permissions };
    const session = withDates<T>((await this.post(verb, body, repeat, options)).data);
    this.#tell(session.warnings);
    return session;
  }

  /**
   * A text is a session's `id` or its direct token. A repeat after a lost answer does not count again what the first try
   * has ended.
   */
  async revoke(what: string | RevokeSession, options: CallOptions | undefined): Promise<Revoked> {
    const body = typeof what !== "string" ? what : what.startsWith("sess_") ? { id: what } : { token: what };
    return (await this.post("revokeSession", body, "harmless", options)).data as Revoked;
  }

  withPortal<T extends { slug?: string | undefined | null }>(fields: T) {
    return { ...fields, slug: fields.slug ?? this.#options.portal };
  }

  /** Once each, and not in production: they are about the code, not about the call. */
  #tell(warnings: readonly string[] | undefined): void {
    if (environment()["NODE_ENV"] === "production") {
      return;
    }
    for (const warning of warnings ?? []) {
      if (!this.#warned.has(warning)) {
        this.#warned.add(warning);
        console.warn(`vestibule: ${warning}`);
      }
    }
  }
}
