// What the helpers for tests use of Node. All of Node's types would let a global of Node slip into what runs elsewhere.

interface GatewayOutput {
  on(event: "data", heard: (chunk: unknown) => void): void;
  unref(): void;
}

interface GatewayProcess {
  readonly stdout: GatewayOutput;
  readonly stderr: GatewayOutput;
  once(event: "error" | "exit", happened: (what: unknown) => void): void;
  kill(signal: "SIGKILL"): boolean;
  ref(): void;
  unref(): void;
}

declare module "node:child_process" {
  export function spawn(binary: string, args: readonly string[], options: { stdio: readonly ["ignore", "pipe", "pipe"] }): GatewayProcess;
}

declare module "node:fs/promises" {
  export function mkdtemp(prefix: string): Promise<string>;
  export function rm(path: string, options: { recursive: true; force: true }): Promise<void>;
  export function writeFile(path: string, text: string): Promise<void>;
}

declare module "node:net" {
  interface PortFinder {
    once(event: "error", happened: (error: Error) => void): PortFinder;
    listen(port: number, host: string, listening: () => void): void;
    address(): { readonly port: number };
    close(closed: () => void): void;
  }
  export function createServer(): PortFinder;
}

declare module "node:os" {
  export function tmpdir(): string;
}

declare module "node:path" {
  export function join(...parts: string[]): string;
}
