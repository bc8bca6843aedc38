/** What the workerd suite's runtime has: the bindings of wrangler.jsonc, and what the suite's set-up provides. */
declare namespace Cloudflare {
  interface Env {
    readonly CONFIG: KVNamespace;
    readonly Limiter: DurableObjectNamespace<import("../../party/limiter.ts").Limiter>;
    readonly Metrics: DurableObjectNamespace<import("../../party/metrics.ts").Metrics>;
    readonly RATE_LIMIT: RateLimit;
    readonly Revocations: DurableObjectNamespace<import("../../party/revocations.ts").Revocations>;
    readonly Chat: DurableObjectNamespace<import("../../party/room.ts").ChatRoom>;
  }
}
