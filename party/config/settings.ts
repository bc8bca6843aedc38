/**
 * Parses the gateway's settings once from the environment. A wrong setting becomes a sentence that names the variable, what was
 * expected and an example; the Worker answers 503 and writes it to the operator's log. Doesn't use zod, because setting up its
 * schemas takes longer than all of these checks, in each isolate before its first answer.
 */

import { isLoopback } from "../../shared/file-address.ts";
import { fail, ok, type Result } from "../../shared/result.ts";
import { parseOrigins } from "../auth/origins.ts";
import { parseAllowHttp } from "../auth/safe-url.ts";
import { type AuthSetting, parseAuth, parseTenant } from "../auth/settings.ts";
import type { TenantSetting } from "../auth/tenants.ts";
import { parseUpstreamAuth, type UpstreamAuthSetting } from "../auth/upstream-auth/upstream-auth-settings.ts";
import { DEFAULT_POLICY, type RoomPolicy } from "../core/policy.ts";
import { type Narrow, narrowOf } from "../hooks/authorize-hook.ts";
import { type GatewayFacts, gatewayFactsIn, type Variables } from "../hooks/gateway-env.ts";
import { isSettingName } from "../hooks/setting-names.ts";
import { LOG_LEVELS, type LogOptions } from "../telemetry/log.ts";
import type { UpstreamSetting } from "../upstream/upstream-setting.ts";
import { parseFilesBase, parseFileTypes } from "./file-settings.ts";
import { parseUpstream, type UpstreamVariables, upstreamVariables } from "./upstream-settings.ts";

export interface GatewayConfig {
  readonly auth: AuthSetting;
  readonly upstreamAuth: UpstreamAuthSetting;
  /** How the backend is called, and what it streams. */
  readonly upstream: UpstreamSetting;
  /** The variables that `upstream` was parsed from. A tenant's entry in KV overrides some of them. */
  readonly upstreamVariables: UpstreamVariables;
  readonly tenant: TenantSetting;
  readonly locationHint: string | undefined;
  readonly jurisdiction: string | undefined;
  /** Whether `/chat` is served, and whether its streams are read or passed on as they are. */
  readonly bridge: "off" | "parse" | "raw";
  /** Paths that a cron asks for, to keep them and the backend warm; none where left out. */
  readonly warmRoutes: readonly string[];
  /** Silence after which an SSE stream of ours gets a comment. */
  readonly heartbeatMs: number;
  /** Origins of pages that may use the gateway beside its own; undefined where none are named. */
  readonly allowedOrigins: readonly string[] | undefined;
  /** Guards the operator's routes; without it there are none. */
  readonly operatorToken: string | undefined;
  readonly policy: RoomPolicy;
  /** Whether rooms ask their tenant's Limiter: limits across rooms, slowing down and pausing together. */
  readonly limiter: "on" | "off";
  readonly limits: LimitSettings;
  readonly log: LogOptions;
  /** Objects that count; 0 for none. */
  readonly metricsShards: number;
  /** Media types that may be uploaded; one that ends in `*` stands for all that begin so. */
  readonly fileTypes: readonly string[];
  /** Where files are read, in place of the address that the upload came to. */
  readonly filesBase: string | undefined;
  /** The application's hooks, where the Worker was made by `createGateway`. */
  readonly gateway: GatewayFacts | undefined;
  readonly narrow: Narrow | undefined;
}

/** What tenants and addresses may do unless KV `CONFIG` says otherwise (`party/config/tenant-settings.ts`). */
export interface LimitSettings {
  /** Undefined: no limit. */
  readonly turnsPerMinute: number | undefined;
  readonly activeTurns: number | undefined;
  readonly limiterShards: number;
  readonly ipRequestsPerMinute: number;
  readonly uploadsPerMinute: number;
}

/** Settings of limits by variable. One without a preset is no limit until it is set. */
export const limitSettings: Readonly<
  Record<string, { readonly field: keyof LimitSettings; readonly max: number; readonly preset?: number }>
> = {
  TENANT_TURNS_PER_MINUTE: { field: "turnsPerMinute", max: 1_000_000 },
  TENANT_ACTIVE_TURNS: { field: "activeTurns", max: 100_000 },
  // One object decides some hundreds of times a second; few tenants have more turns than that.
  LIMITER_SHARDS: { field: "limiterShards", max: 64, preset: 1 },
  // Requests, not frames: opening a page makes a handful. An office behind one address has dozens of people.
  IP_REQUESTS_PER_MINUTE: { field: "ipRequestsPerMinute", max: 1_000_000, preset: 600 },
  // Of one user. A person attaches a handful at a time.
  UPLOADS_PER_MINUTE: { field: "uploadsPerMinute", max: 10_000, preset: 30 },
};

interface NumberSetting {
  readonly field: keyof RoomPolicy;
  readonly min: number;
  readonly max: number;
}

/** Numeric settings by variable: docs/settings.md gives their units and reasons. */
export const numberSettings: Readonly<Record<string, NumberSetting>> = {
  MAX_ACTIVE_TURNS: { field: "maxActiveTurns", min: 1, max: 16 },
  MAX_QUEUED_TURNS: { field: "maxQueuedTurns", min: 0, max: 256 },
  ORPHAN_GRACE_MS: { field: "orphanGraceMs", min: 0, max: 3_600_000 },
  COALESCE_MS: { field: "coalesceMs", min: 0, max: 1_000 },
  LOG_LAG_MS: { field: "logLagMs", min: 0, max: 10_000 },
  HEADERS_TIMEOUT_MS: { field: "headersTimeoutMs", min: 100, max: 120_000 },
  FIRST_TOKEN_TIMEOUT_MS: { field: "firstTokenTimeoutMs", min: 100, max: 600_000 },
  SILENCE_TIMEOUT_MS: { field: "silenceTimeoutMs", min: 100, max: 600_000 },
  // The platform keeps an object with an open call in memory for 15 minutes; a turn ends before that.
  TURN_TIMEOUT_MS: { field: "turnTimeoutMs", min: 1_000, max: 840_000 },
  MAX_ATTEMPTS: { field: "maxAttempts", min: 1, max: 10 },
  STOP_CONFIRM_MS: { field: "stopConfirmMs", min: 100, max: 60_000 },
  SIMULATE_CHUNK_MS: { field: "simulateChunkMs", min: 10, max: 5_000 },
  SIMULATE_MAX_MS: { field: "simulateMaxMs", min: 0, max: 120_000 },
  MAX_RESUMES: { field: "maxResumes", min: 0, max: 10 },
  KEEP_TURNS: { field: "keepTurns", min: 1, max: 1_000 },
  KEEP_BYTES: { field: "keepBytes", min: 65_536, max: 64 * 1_048_576 },
  MAX_SOCKET_AGE_MS: { field: "maxSocketAgeMs", min: 60_000, max: 30 * 86_400_000 },
  POLL_MERGE_MS: { field: "pollMergeMs", min: 0, max: 10_000 },
  TRACE_SAMPLE_PERCENT: { field: "traceSamplePercent", min: 0, max: 100 },
  ANSWER_WITHIN_MS: { field: "answerWithinMs", min: 1_000, max: 30 * 86_400_000 },
  HISTORY_TURNS: { field: "historyTurns", min: 0, max: 200 },
  HISTORY_BYTES: { field: "historyBytes", min: 0, max: 1_048_576 },
  // Cloudflare takes request bodies of 100 MB on its smaller plans.
  MAX_FILE_BYTES: { field: "maxFileBytes", min: 1_024, max: 100_000_000 },
  ROOM_FILES: { field: "roomFiles", min: 1, max: 1_000 },
  ROOM_FILE_BYTES: { field: "roomFileBytes", min: 1_024, max: 100 * 1_073_741_824 },
  UNUSED_FILE_MS: { field: "unusedFileMs", min: 60_000, max: 7 * 86_400_000 },
  FILE_ADDRESS_MS: { field: "fileAddressMs", min: 1_000, max: 7 * 86_400_000 },
};
const backoffSettings = { BACKOFF_BASE_MS: "baseMs", BACKOFF_MAX_MS: "maxMs" } as const;

/** One takes some hundreds of reports a second; a turn makes one or two. */
const defaultMetricsShards = 4;

export type { Variables } from "../hooks/gateway-env.ts";

/** Parsed settings by the environment they came from, for a developer's machine and for elsewhere. */
const known = new WeakMap<Variables, Map<boolean, Result<GatewayConfig, string>>>();

/**
 * Parsed once for an environment, however many requests come with it.
 * @param hostname of the request, which tells a developer's machine from a deployment.
 */
export function parseConfig(env: Variables, hostname: string): Result<GatewayConfig, string> {
  const isLocal = isLoopback(hostname);
  const results = known.get(env) ?? new Map<boolean, Result<GatewayConfig, string>>();
  const result = results.get(isLocal) ?? parse(env, isLocal);
  known.set(env, results.set(isLocal, result));
  return result;
}

function parse(env: Variables, isLocal: boolean): Result<GatewayConfig, string> {
  const gateway = gatewayFactsIn(env);
  const unknown = Object.keys(gateway?.options.settings ?? {}).find((name) => !isSettingName(name));
  if (unknown !== undefined) {
    return fail(`${unknown} isn't a setting. \`settings\` of createGateway takes the names of docs/settings.md.`);
  }
  const allowHttp = parseAllowHttp((name) => text(env[name]));
  if (!allowHttp.ok) return allowHttp;
  const auth = parseAuth((name) => text(env[name]), isLocal);
  if (!auth.ok) return auth;
  const tenant = parseTenant((name) => text(env[name]));
  if (!tenant.ok) return tenant;
  const upstreamAuth = parseUpstreamAuth((name) => text(env[name]));
  if (!upstreamAuth.ok) return upstreamAuth;
  const read = ["ALLOW_HTTP", ...upstreamVariables];
  const variables: UpstreamVariables = Object.fromEntries(read.map((name) => [name, text(env[name])]));
  const upstream = parseUpstream(variables);
  if (!upstream.ok) return upstream;
  const heartbeat = number(env, "HEARTBEAT_MS", 100, 60_000);
  if (!heartbeat.ok) return heartbeat;
  const origins = parseOrigins(text(env["ALLOWED_ORIGINS"]));
  if (!origins.ok) return origins;
  const bridge = parseBridge(env);
  if (!bridge.ok) return bridge;
  const warmRoutes = parseWarmRoutes(text(env["WARM_ROUTES"]));
  if (!warmRoutes.ok) return warmRoutes;
  const policy = parsePolicy(env);
  if (!policy.ok) return policy;
  const limiter = env["LIMITER"] ?? "on";
  if (limiter !== "on" && limiter !== "off") return fail("LIMITER is on or off, for example LIMITER=on.");
  const limits = parseLimits(env);
  if (!limits.ok) return limits;
  const log = parseLog(env);
  if (!log.ok) return log;
  const metricsShards = number(env, "METRICS_SHARDS", 0, 64);
  if (!metricsShards.ok) return metricsShards;
  const fileTypes = parseFileTypes(text(env["FILE_TYPES"]));
  if (!fileTypes.ok) return fileTypes;
  const filesBase = parseFilesBase((name) => text(env[name]));
  if (!filesBase.ok) return filesBase;
  return ok({
    auth: auth.value,
    upstreamAuth: upstreamAuth.value,
    upstream: upstream.value,
    upstreamVariables: variables,
    tenant: tenant.value,
    locationHint: text(env["LOCATION_HINT"]),
    jurisdiction: text(env["JURISDICTION"]),
    bridge: bridge.value,
    warmRoutes: warmRoutes.value,
    heartbeatMs: heartbeat.value ?? DEFAULT_POLICY.streamBeatMs,
    allowedOrigins: origins.value,
    operatorToken: text(env["OPERATOR_TOKEN"]),
    policy: {
      ...policy.value,
      streamBeatMs: heartbeat.value ?? policy.value.streamBeatMs,
      allowHttp: allowHttp.value,
    },
    limiter,
    limits: limits.value,
    log: log.value,
    metricsShards: metricsShards.value ?? defaultMetricsShards,
    fileTypes: fileTypes.value,
    filesBase: filesBase.value,
    gateway,
    narrow: narrowOf(env),
  });
}

function parseLog(env: Variables): Result<LogOptions, string> {
  const level = LOG_LEVELS.find((name) => name === (text(env["LOG_LEVEL"]) ?? "info"));
  if (level === undefined) return fail(`LOG_LEVEL is one of ${LOG_LEVELS.join(", ")}, for example LOG_LEVEL=info.`);
  const sample = number(env, "LOG_SAMPLE_PERCENT", 0, 100);
  return sample.ok ? ok({ level, samplePercent: sample.value ?? 100 }) : sample;
}

function parseLimits(env: Variables): Result<LimitSettings, string> {
  const limits: Partial<Record<keyof LimitSettings, number | undefined>> = {};
  for (const [name, { field, max, preset }] of Object.entries(limitSettings)) {
    const value = number(env, name, 1, max);
    if (!value.ok) return value;
    limits[field] = value.value ?? preset;
  }
  return ok(limits as LimitSettings);
}

function parseBridge(env: Variables): Result<GatewayConfig["bridge"], string> {
  const [bridge, parse] = [env["BRIDGE"] ?? "on", env["BRIDGE_PARSE"] ?? "auto"];
  if (bridge !== "on" && bridge !== "off") return fail("BRIDGE is on or off, for example BRIDGE=on.");
  if (parse !== "auto" && parse !== "off") return fail("BRIDGE_PARSE is auto or off, for example BRIDGE_PARSE=auto.");
  if (bridge === "off") return ok("off");
  return ok(parse === "auto" ? "parse" : "raw");
}

function parseWarmRoutes(list: string | undefined): Result<readonly string[], string> {
  if (list === undefined) return ok([]);
  const routes = list.split(",").map((route) => route.trim());
  if (routes.every((route) => /^\/[\w./-]*$/.test(route))) return ok(routes);
  return fail("WARM_ROUTES is a list of paths of this gateway, for example WARM_ROUTES=/health,/models,/context.");
}

function parsePolicy(env: Variables): Result<RoomPolicy, string> {
  const policy: { -readonly [K in keyof RoomPolicy]: RoomPolicy[K] } = { ...DEFAULT_POLICY };
  for (const [name, { field, min, max }] of Object.entries(numberSettings)) {
    const value = number(env, name, min, max);
    if (!value.ok) return value;
    if (value.value !== undefined) Object.assign(policy, { [field]: value.value });
  }
  for (const [name, field] of Object.entries(backoffSettings)) {
    const value = number(env, name, 1, 600_000);
    if (!value.ok) return value;
    if (value.value !== undefined) policy.backoff = { ...policy.backoff, [field]: value.value };
  }
  const ttlDays = number(env, "ROOM_TTL_DAYS", 1, 3_650);
  if (!ttlDays.ok) return ttlDays;
  if (ttlDays.value !== undefined) policy.roomTtlMs = ttlDays.value * 86_400_000;
  const orphan = env["ORPHAN_POLICY"] ?? "cancel";
  if (orphan !== "cancel" && orphan !== "keep")
    return fail("ORPHAN_POLICY is cancel or keep, for example ORPHAN_POLICY=cancel.");
  const resumable = env["UPSTREAM_RESUMABLE"] ?? "no";
  if (resumable !== "yes" && resumable !== "no") {
    return fail("UPSTREAM_RESUMABLE is yes or no, for example UPSTREAM_RESUMABLE=yes.");
  }
  const content = env["TRACE_CONTENT"] ?? "no";
  if (content !== "yes" && content !== "no") return fail("TRACE_CONTENT is yes or no, for example TRACE_CONTENT=no.");
  return ok({
    ...policy,
    orphanPolicy: orphan,
    upstreamResumable: resumable === "yes",
    traceContent: content === "yes",
  });
}

function number(env: Variables, name: string, min: number, max: number): Result<number | undefined, string> {
  const value = env[name];
  if (value === undefined || value === "") return ok(undefined);
  const parsed = Number(value);
  if (Number.isInteger(parsed) && parsed >= min && parsed <= max) return ok(parsed);
  return fail(`${name} is not a whole number from ${min} to ${max}, for example ${name}=${Math.max(min, 1)}.`);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
