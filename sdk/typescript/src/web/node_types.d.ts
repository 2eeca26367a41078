// What the SDK uses of Node's HTTP client. All of Node's types would let a global of Node slip into what runs elsewhere.

interface OnwardRequest {
  on(event: "timeout" | "error", listener: (error: Error) => void): void;
  destroy(error: Error): void;
}

interface OnwardAnswer {
  readonly statusCode?: number;
  readonly headersDistinct: { readonly [name: string]: readonly string[] | undefined };
  pipe(to: never): unknown;
}

interface OnwardOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeout: number;
}

declare module "node:http" {
  export function request(to: URL, options: OnwardOptions, answered: (answer: OnwardAnswer) => void): OnwardRequest;
}

declare module "node:https" {
  export function request(to: URL, options: OnwardOptions, answered: (answer: OnwardAnswer) => void): OnwardRequest;
}
