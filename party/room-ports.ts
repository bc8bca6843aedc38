/** The core's ports as both hosts supply them; they differ only in storage and in what a broken room does. */
import { generationIdOf, principalOf } from "./auth.ts";
import { systemClock } from "./clock.ts";
import type { GatewayConfig } from "./config.ts";
import { NO_LIMITER } from "./core/limiter-port.ts";
import type { RoomPorts } from "./core/ports.ts";
import { ObjectStorage } from "./storage.ts";
import { report } from "./telemetry.ts";
import { FetchUpstream } from "./upstream/fetch-upstream.ts";

export interface Host {
  /** The room's name. */
  readonly room: string;
  readonly storage: DurableObjectStorage;
  /** Stored values the host needs even of an erased room. */
  readonly kept?: Readonly<Record<string, unknown>>;
  /** Starts over from storage: memory may say what storage does not. */
  readonly onBroken: () => void;
}

export function roomPorts({ room, storage, kept, onBroken }: Host, config: GatewayConfig): RoomPorts {
  return {
    limiter: NO_LIMITER,
    clock: systemClock,
    storage: new ObjectStorage(storage, kept),
    upstream: new FetchUpstream({
      base: config.nestBase,
      method: config.upstreamMethod,
      dialect: config.upstreamDialect,
      room,
      fetch: (url, init) => fetch(url, init),
    }),
    random: Math.random,
    newId: () => crypto.randomUUID().replaceAll("-", ""),
    generationIdOf: (epoch, turnId) => generationIdOf(config.tenant, room, epoch, turnId),
    principalOf: (token) => principalOf(token, config.tenant),
    report: (event) => report(room, event),
    onBroken,
  };
}
