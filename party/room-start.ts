/**
 * A room's whole inside as one module, which loads when the first room of an isolate starts: what asks for no room (a file, health,
 * cached context, an answer of the bridge) never pays for it.
 */
import type { GatewayConfig } from "./config.ts";
import type { RoomSocket } from "./core/ports.ts";
import { RoomCore } from "./core/room-core.ts";
import { type Host, roomPorts } from "./room-ports.ts";

export { answerInRoom } from "./routes/in-room.ts";

/** @param survivors the sockets that outlived the object's sleep. */
export async function startRoom(
  host: Host,
  config: GatewayConfig,
  survivors: readonly RoomSocket[],
): Promise<RoomCore> {
  const core = new RoomCore(roomPorts(host, config), config.policy, host.room);
  await core.start(survivors);
  return core;
}
