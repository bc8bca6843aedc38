/** What `wrangler.jsonc` binds. */
interface Env {
  readonly NEST_BASE: string;
  readonly ROOM: DurableObjectNamespace<import("./room.ts").Room>;
}
