import "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Base URL of `workerd-upstream.ts`. */
    upstreamUrl: string;
    /** Base URL of `faulty-upstream.ts`. */
    faultyUrl: string;
    /** Base URL of `storm-upstream.ts`. */
    stormUrl: string;
  }
}
