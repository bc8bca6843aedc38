/** What the workerd suite's runtime has: the bindings of wrangler.jsonc, and what the suite's set-up provides. */
declare namespace Cloudflare {
  interface Env {
    readonly CONFIG: KVNamespace;
    readonly FILES: R2Bucket;
    readonly Limiter: DurableObjectNamespace<import("../../party/objects/limiter-object.ts").Limiter>;
    readonly Metrics: DurableObjectNamespace<import("../../party/objects/metrics-object.ts").Metrics>;
    readonly RATE_LIMIT: RateLimit;
    readonly Revocations: DurableObjectNamespace<import("../../party/objects/revocations-object.ts").Revocations>;
    readonly Chat: DurableObjectNamespace<import("../../party/objects/chat-room.ts").ChatRoom>;
  }
}

/** Vite's import of many files at once: https://vite.dev/guide/features#glob-import */
interface ImportMeta {
  glob(pattern: string, options: { query: "?raw"; import: "default"; eager: true }): Readonly<Record<string, string>>;
}
