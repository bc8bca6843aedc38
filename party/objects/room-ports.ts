/** The core's ports as both hosts supply them. The hosts differ in storage, and in how a broken room starts again. */

import { audit } from "../auth/audit-log.ts";
import { Gate, type RevocationsOf } from "../auth/authorize.ts";
import { everyTenant, tenantOfRoom } from "../auth/tenants.ts";
import { authorizeUpstream } from "../auth/upstream-auth/authorize-upstream.ts";
import type { CallerTokens } from "../auth/upstream-auth/caller-tokens.ts";
import type { GatewayConfig } from "../config/settings.ts";
import { allowedBy, closedLists, TenantConfigs, type TenantStore } from "../config/tenant-settings.ts";
import { NO_LIMITER } from "../core/limiter/limiter-port.ts";
import type { AuditedAct, RoomPorts } from "../core/ports.ts";
import { turnHooks } from "../hooks/turn-hooks.ts";
import { LeaseClient, type LeaseClientOptions } from "../limits/limiter-client.ts";
import { SlowingHints } from "../limits/limiter-hints.ts";
import { systemClock } from "../platform/clock.ts";
import { ObjectStorage } from "../platform/durable-storage.ts";
import { generationIdOf } from "../platform/generation-id.ts";
import { objectReporter, reportFault } from "../telemetry/reporter.ts";
import type { Sink } from "../telemetry/sink.ts";
import { readerOf } from "../upstream/event-stream.ts";
import { FetchUpstream } from "../upstream/fetch-upstream.ts";
import { RoomBucket } from "./room-bucket.ts";

const noBufferedAmount =
  "This runtime doesn't report bufferedAmount: a slow WebSocket isn't closed, and is sent at most 256 KiB a second.";

const slowingHints = new SlowingHints(systemClock);

let hasWarned = false;

/** Logs once for each isolate that slow sockets can't be noticed here (F2), only bounded. */
export function warnOfEstimate(hasBufferedAmount: boolean): void {
  if (hasBufferedAmount || hasWarned) return;
  hasWarned = true;
  reportFault("slow-sockets", new Error(noBufferedAmount));
}

export interface Host {
  /** The room's name. */
  readonly room: string;
  readonly storage: DurableObjectStorage;
  /** The bucket of uploaded files; a host without one takes no uploads. */
  readonly bucket?: R2Bucket | undefined;
  /** Tokens of callers that arrive with requests; those of `hello` are added here. */
  readonly callerTokens: CallerTokens;
  /** Stored values the host needs even of an erased room. */
  readonly kept?: Readonly<Record<string, unknown>>;
  /** Starts over from storage: memory may say what storage does not. */
  readonly onBroken: () => void;
  /** Everything of the room was deleted: the host forgets what it has in memory. */
  readonly onErased?: () => void;
  /** The tenant's Limiter objects; a host without them limits nothing. */
  readonly limiterOf?: LeaseClientOptions["stubOf"] | undefined;
  readonly revocationsOf?: RevocationsOf;
  /** KV `CONFIG`; without it a tenant has what the variables give it. */
  readonly tenantStore?: TenantStore | undefined;
  /** Beside the log, who hears of what happens in the room of this tenant. */
  readonly sinksOf?: (tenant: string) => readonly Sink[];
}

export function roomPorts(
  {
    room,
    storage,
    bucket,
    callerTokens,
    kept,
    onBroken,
    onErased,
    limiterOf,
    revocationsOf,
    tenantStore,
    sinksOf,
  }: Host,
  config: GatewayConfig,
): RoomPorts {
  // A room of nobody admits nobody, so its tenant is never asked for.
  const tenant = tenantOfRoom(config.tenant, room) ?? everyTenant;
  const isForwarding = config.upstreamAuth.mode === "forward";
  const gate = new Gate(config, revocationsOf);
  const report = objectReporter({ room, tenant }, config.log, sinksOf?.(tenant) ?? []);
  const tenants = new TenantConfigs(config.limits, {
    store: tenantStore,
    clock: systemClock,
    upstreamVariables: config.upstreamVariables,
    report,
  });
  const limiter =
    limiterOf === undefined
      ? NO_LIMITER
      : new LeaseClient({
          tenant,
          room,
          shards: config.limits.limiterShards,
          hasSubjects: config.auth.mode === "jwt",
          limits: () => tenants.get(tenant),
          knownLimits: () => tenants.known(tenant),
          stubOf: limiterOf,
          hints: slowingHints,
          clock: systemClock,
          onDegraded: (cause) => report({ name: "limiter-degraded", cause }),
        });
  return {
    limiter,
    refusalOf: (asked) => {
      // Read again in the background when it has aged; what is known decides now.
      void tenants.get(tenant);
      const allowed = allowedBy(tenants.known(tenant) ?? closedLists, asked);
      return allowed.ok ? undefined : allowed.error.field;
    },
    clock: systemClock,
    storage: new ObjectStorage(storage, kept),
    upstream: new FetchUpstream({
      setting: async () => (await tenants.get(tenant)).upstream ?? config.upstream,
      readerOf,
      room,
      authorize: ({ generationId, user = "", ...call }) => {
        const callerToken = callerTokens.tokenOf(user, systemClock.now());
        return authorizeUpstream(config.upstreamAuth, { tenant, room, generation: generationId }, call, callerToken);
      },
      fetch: (url, init) => fetch(url, init),
    }),
    ...(bucket === undefined ? {} : { files: new RoomBucket(bucket, room, config) }),
    random: Math.random,
    newId: () => crypto.randomUUID().replaceAll("-", ""),
    generationIdOf: (epoch, turnId) => generationIdOf(tenant, room, epoch, turnId),
    prepare: () => Promise.all([tenants.get(tenant), gate.prepare(tenant)]),
    principalOf: async (token) => {
      // What the tenant may do is known before its first turn.
      const [principal] = await Promise.all([gate.admit(token, room), tenants.get(tenant)]);
      if (isForwarding && principal.ok && token !== undefined) callerTokens.remember(principal.value, token);
      return principal;
    },
    ...(isForwarding
      ? { hasTokenOf: (sub: string) => callerTokens.tokenOf(sub, systemClock.now()) !== undefined }
      : {}),
    isRevoked: (principal) => gate.isRevoked(principal),
    audit: (act) => {
      if (act.act === "erased") onErased?.();
      void auditInRoom(act, room, tenant, config);
    },
    report,
    ...(config.gateway === undefined ? {} : turnHooks(config.gateway, room)),
    onBroken,
  };
}

/** Never rejects. Where everybody is anonymous, who asked what says nothing. */
async function auditInRoom(act: AuditedAct, room: string, tenant: string, config: GatewayConfig): Promise<void> {
  if (act.act === "drained") {
    audit("operator", { name: "drained", room });
    return;
  }
  if (act.act === "uploaded") {
    audit(act.by, { name: "uploaded", room, fileId: act.fileId });
    return;
  }
  const { sub, tokenId } = act.by;
  const token = tokenId === undefined ? {} : { tokenId };
  if (act.act === "replaced") audit(sub, { name: "replaced", room, turnIds: act.turnIds, ...token });
  else if (act.act === "answered") {
    const { turnId, continues, answers } = act;
    audit(sub, { name: "answered", room, turnId, continues, answers, ...token });
  } else if (act.act !== "asked") audit(sub, { name: act.act, room, ...token });
  else if (config.auth.mode === "jwt") {
    const { turnId } = act;
    const generationId = await generationIdOf(tenant, room, act.epoch, turnId);
    audit(sub, { name: "generation", room, turnId, generationId, ...token });
  }
}
