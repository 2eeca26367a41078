// What the SDK uses of Next.js. Its own types would come with all of it.

declare module "next/headers.js" {
  export function headers(): Promise<Headers>;
}

declare module "next/server.js" {
  /** Since Next.js 15. */
  export const connection: (() => Promise<void>) | undefined;
}

declare module "next/navigation.js" {
  export function redirect(url: string): never;
  export function forbidden(): never;
}
