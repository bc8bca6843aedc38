/**
 * The Limiter's Durable Object class: one object for each tenant and shard, and one for each address where the platform's
 * own rate limit is not bound. Rooms reach it by name, and nothing routes to it from outside (S4). `limiter-host.ts` has its
 * behaviour and is loaded when the first object of an isolate starts, so that other isolates don't pay for it.
 */
import { DurableObject } from "cloudflare:workers";
import { envOfObject } from "../hooks/gateway-env.ts";
import type { IpCount, LimiterCall, LimiterReply } from "../limits/limiter-messages.ts";
import type { LimiterEnv, LimiterInside } from "./limiter-host.ts";

export class Limiter extends DurableObject<LimiterEnv> {
  /** The platform delivers no call before this has resolved. */
  readonly #inside: Promise<LimiterInside>;

  constructor(ctx: DurableObjectState, env: LimiterEnv) {
    super(ctx, env);
    this.#inside = ctx.blockConcurrencyWhile(async () => {
      const { LimiterInside } = await import("./limiter-host.ts");
      return LimiterInside.load(ctx, envOfObject(this.constructor, env));
    });
  }

  /** All operations of a room at one moment, in one call. */
  async handle(call: LimiterCall): Promise<LimiterReply> {
    return (await this.#inside).handle(call);
  }

  /** Counts a request of the address that this object is for. */
  async count(tokens: number, windowMs: number): Promise<IpCount> {
    return (await this.#inside).count(tokens, windowMs);
  }

  override async alarm(): Promise<void> {
    await (await this.#inside).handleAlarm();
  }
}

/** The Limiter objects in the jurisdiction where the tenant's data must stay. */
export function limitersIn(namespace: DurableObjectNamespace<Limiter>, jurisdiction: string | undefined) {
  const here =
    jurisdiction === undefined ? namespace : namespace.jurisdiction(jurisdiction as DurableObjectJurisdiction);
  return (name: string) => here.get(here.idFromName(name));
}
