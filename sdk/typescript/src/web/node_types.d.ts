// What the SDK uses of Node's HTTP client. All of Node's types would let a global of Node slip into what runs elsewhere.

declare module "node:http" {
  interface OnwardRequest {
    on(event: "error", listener: (error: Error) => void): void;
    end(body?: Uint8Array): void;
  }

  interface OnwardAnswer extends AsyncIterable<Uint8Array<ArrayBuffer>> {
    readonly statusCode?: number;
    readonly headersDistinct: { readonly [name: string]: readonly string[] | undefined };
  }

  interface OnwardOptions {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly agent: false;
    readonly signal: AbortSignal;
  }

  export function request(to: URL, options: OnwardOptions, answered: (answer: OnwardAnswer) => void): OnwardRequest;
}

declare module "node:https" {
  export { request } from "node:http";
}
