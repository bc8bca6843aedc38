import "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Base URL of `workerd-upstream.ts`. */
    upstreamUrl: string;
    /** How many bad requests to send, and made from which seed. */
    fuzzRequests: number;
    fuzzSeed: number;
    /** Base URL of `faulty-upstream.ts`. */
    faultyUrl: string;
    /** Base URL of `storm-upstream.ts`. */
    stormUrl: string;
    /** Folder of an empty project in which the packed package is installed (tests/package/packed.ts). */
    packedProject: string;
    /** The packed package itself. */
    packedTarball: string;
  }
}
