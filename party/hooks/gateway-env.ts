/**
 * Carries the options of `createGateway` to where they are used: in the environment, which the Worker and the objects receive
 * anyway. A Durable Object is constructed by the platform, with the environment alone, so its class says which gateway it
 * belongs to. A small file: every cold start evaluates it.
 */
import type { GatewayOptions } from "./gateway-options.ts";

export type Variables = Readonly<Record<string, unknown>>;

/** The hooks receive the environment as the user's own type; here it is opaque. */
export type Options = GatewayOptions<never>;

/** What `parseConfig` finds in an environment that belongs to a gateway. */
export interface GatewayFacts {
  readonly options: Options;
  /** The environment as the platform supplied it, for the hooks. */
  readonly env: unknown;
}

const factsKey = Symbol("gateway");

/** The environments of one gateway. The same one in gives the same one out, so that settings are parsed once for each. */
export class GatewayEnv {
  readonly options: Options;
  readonly #known = new WeakMap<object, object>();

  constructor(options: Options) {
    this.options = options;
  }

  /** The environment with the options' settings, which the Worker's own variables override. */
  of<E extends object>(env: E): E {
    const known = this.#known.get(env);
    if (known !== undefined) return known as E;
    const facts: GatewayFacts = { options: this.options, env };
    const made = { ...this.options.settings, ...env, [factsKey]: facts };
    this.#known.set(env, made);
    return made;
  }
}

/** Undefined for an environment that belongs to no gateway, as on PartyKit and in tests. */
export function gatewayFactsIn(env: Variables): GatewayFacts | undefined {
  return (env as { readonly [factsKey]?: GatewayFacts })[factsKey];
}

const byClass = new WeakMap<object, GatewayEnv>();
const created: GatewayEnv[] = [];

/** Remembers a gateway, for object classes that are bound to none. */
export function register(gateway: GatewayEnv): void {
  created.push(gateway);
}

/** Binds an object class to a gateway. */
export function bindClass(objectClass: object, gateway: GatewayEnv): void {
  byClass.set(objectClass, gateway);
}

/**
 * The environment of an object of this class. A class that is bound to no gateway belongs to the only one there is.
 * Throws where there are several.
 */
export function envOfObject<E extends object>(objectClass: object, env: E): E {
  for (let at: object | null = objectClass; at !== null; at = Object.getPrototypeOf(at)) {
    const bound = byClass.get(at);
    if (bound !== undefined) return bound.of(env);
  }
  const [only, ...others] = created;
  if (others.length > 0) {
    throw new Error(
      "This Worker calls createGateway more than once. Export the classes of one of them: export const { ChatRoom, Limiter, Metrics, Revocations } = gateway;",
    );
  }
  return only === undefined ? env : only.of(env);
}
