/**
 * Reads what a tenant may do from KV `CONFIG` under `tenant/<tenant>`: its limits, what it may ask for, and its own backend. What
 * the entry leaves out comes from the Worker's variables. A change needs no deploy; it is seen when the cached copies have aged.
 */

import * as z from "zod/mini";
import { parseJson } from "../../shared/parse-json.ts";
import { fail, ok, type Result } from "../../shared/result.ts";
import type { Clock } from "../core/ports.ts";
import { withTimeout } from "../platform/with-timeout.ts";
import type { TenantEvent } from "../telemetry/catalogue.ts";
import type { UpstreamSetting } from "../upstream/upstream-setting.ts";
import type { LimitSettings } from "./settings.ts";
import { parseUpstream, type UpstreamVariables, upstreamVariables } from "./upstream-settings.ts";

/** How long an entry is good for. KV itself keeps what it read for a minute as well. */
export const tenantConfigMs = 60_000;
/** Sooner after a failure: it may be over. */
const failedMs = 5_000;
/** A turn does not wait longer for KV: it goes by what was known. */
const readTimeoutMs = 1_000;

const count = z.int().check(z.minimum(1), z.maximum(1_000_000));
const names = z.array(z.string().check(z.minLength(1), z.maxLength(128))).check(z.maxLength(1_000));

/** An entry of KV. `null` takes away a limit that the variables set. */
export const tenantEntrySchema = z.strictObject({
  turnsPerMinute: z.exactOptional(z.nullable(count)),
  activeTurns: z.exactOptional(z.nullable(count)),
  providers: z.exactOptional(names),
  models: z.exactOptional(names),
  /** Names of parameters. */
  params: z.exactOptional(names),
  /** The tenant's own backend, by the names of the variables that it overrides. */
  upstream: z.exactOptional(z.partialRecord(z.enum(upstreamVariables), z.string().check(z.maxLength(16_384)))),
});
type TenantEntry = z.infer<typeof tenantEntrySchema>;

export interface TenantConfig {
  readonly turnsPerMinute?: number;
  readonly activeTurns?: number;
  /** Without a list anything is allowed. What a turn leaves out is the backend's choice, and always allowed. */
  readonly providers?: readonly string[];
  readonly models?: readonly string[];
  readonly params?: readonly string[];
  /** Absent: the deployment's own. */
  readonly upstream?: UpstreamSetting;
}

/**
 * Lists that allow nothing to be named. They hold while a tenant's own lists can't be read, because a typo or an outage must not
 * open what an operator closed. A turn that names nothing goes on.
 */
export const closedLists = { providers: [], models: [], params: [] } as const satisfies TenantConfig;

/** The one call of a `KVNamespace` that is used. */
export interface TenantStore {
  get(key: string): Promise<string | null>;
}

export interface TenantConfigPorts {
  /** Absent where there is no `CONFIG`: the defaults are all there is. */
  readonly store: TenantStore | undefined;
  readonly clock: Clock;
  /** The deployment's own, which a tenant's entry overrides name by name. */
  readonly upstreamVariables: UpstreamVariables;
  readonly report: (event: TenantEvent) => void;
}

/** A tenant's settings as they were read. Plain data, so that the requests of an isolate may share it. */
export interface KnownTenant {
  readonly config: TenantConfig;
  readonly until: number;
}

export class TenantConfigs {
  readonly #ports: TenantConfigPorts;
  readonly #defaults: TenantConfig;
  /** For a tenant whose entry can't be read: the default limits, and nothing may be named. */
  readonly #closed: TenantConfig;
  readonly #known: Map<string, KnownTenant>;
  readonly #reading = new Map<string, Promise<TenantConfig>>();

  /** @param known what was read before. On Workers a request must not wait for another's read, but may use what it read. */
  constructor(
    defaults: Pick<LimitSettings, "turnsPerMinute" | "activeTurns">,
    ports: TenantConfigPorts,
    known = new Map<string, KnownTenant>(),
  ) {
    this.#ports = ports;
    this.#known = known;
    this.#defaults = limitsOf(defaults, {});
    this.#closed = { ...this.#defaults, ...closedLists };
  }

  /** Never rejects. */
  get(tenant: string): Promise<TenantConfig> {
    const { store, clock } = this.#ports;
    if (store === undefined) return Promise.resolve(this.#defaults);
    const known = this.#known.get(tenant);
    if (known !== undefined && clock.now() < known.until) return Promise.resolve(known.config);
    let reading = this.#reading.get(tenant);
    if (reading === undefined) {
      reading = this.#read(tenant, store).finally(() => this.#reading.delete(tenant));
      this.#reading.set(tenant, reading);
    }
    return reading;
  }

  /** Without asking: what was read last, however old. Undefined before the first read. */
  known(tenant: string): TenantConfig | undefined {
    return this.#ports.store === undefined ? this.#defaults : this.#known.get(tenant)?.config;
  }

  async #read(tenant: string, store: TenantStore): Promise<TenantConfig> {
    const { clock, report } = this.#ports;
    const keep = (config: TenantConfig, ms: number) => {
      this.#known.set(tenant, { config, until: clock.now() + ms });
      return config;
    };
    try {
      const text = await withTimeout(store.get(`tenant/${tenant}`), readTimeoutMs, clock);
      const config = this.#parse(text);
      if (!config.ok) report({ name: "tenant-config-invalid", tenant, cause: config.error });
      return keep(config.ok ? config.value : this.#closed, tenantConfigMs);
    } catch (cause) {
      report({ name: "tenant-config-unread", tenant, cause });
      return keep(this.#known.get(tenant)?.config ?? this.#closed, failedMs);
    }
  }

  /** All of an entry holds, or none of it. */
  #parse(text: string | null): Result<TenantConfig, string> {
    if (text === null) return ok(this.#defaults);
    const entry = parseEntry(text);
    if (!entry.ok) return entry;
    const { upstream: overrides, ...limits } = entry.value;
    const config = limitsOf(this.#defaults, limits);
    if (overrides === undefined) return ok(config);
    const upstream = parseUpstream({ ...this.#ports.upstreamVariables, ...overrides });
    return upstream.ok ? ok({ ...config, upstream: upstream.value }) : upstream;
  }
}

export interface Asked {
  readonly provider?: string;
  readonly model?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** What of a turn its tenant may not ask for. */
export interface NotAllowed {
  readonly field: "provider" | "model" | "params";
  readonly name: string;
}

export function allowedBy(config: TenantConfig, asked: Asked): Result<undefined, NotAllowed> {
  const { providers, models, params } = config;
  if (asked.provider !== undefined && providers?.includes(asked.provider) === false) {
    return fail({ field: "provider", name: asked.provider });
  }
  if (asked.model !== undefined && models?.includes(asked.model) === false) {
    return fail({ field: "model", name: asked.model });
  }
  const name = Object.keys(asked.params ?? {}).find((key) => params?.includes(key) === false);
  return name === undefined ? ok(undefined) : fail({ field: "params", name });
}

/** A tenant's entry is a few lists of names. */
const maxEntryBytes = 65_536;

function parseEntry(text: string): Result<TenantEntry, string> {
  const json = parseJson(text, maxEntryBytes);
  if (!json.ok) return fail(json.error === "not-json" ? "not JSON" : json.error);
  const entry = tenantEntrySchema.safeParse(json.value);
  if (entry.success) return ok(entry.data);
  return fail(entry.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
}

function limitsOf(defaults: Partial<LimitSettings>, entry: Omit<TenantEntry, "upstream">): TenantConfig {
  const { turnsPerMinute = defaults.turnsPerMinute, activeTurns = defaults.activeTurns, ...lists } = entry;
  return {
    ...(turnsPerMinute == null ? {} : { turnsPerMinute }),
    ...(activeTurns == null ? {} : { activeTurns }),
    ...lists,
  };
}
