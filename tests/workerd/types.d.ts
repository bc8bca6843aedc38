/** What the workerd suite's runtime has: the bindings of wrangler.jsonc, and what the suite's set-up provides. */
declare namespace Cloudflare {
  interface Env {
    readonly Chat: DurableObjectNamespace<import("../../party/room.ts").ChatRoom>;
  }
}
