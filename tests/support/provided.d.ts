import "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Base URL of `workerd-upstream.ts`. */
    upstreamUrl: string;
  }
}
