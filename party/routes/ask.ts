/** One request to a room, by somebody who is known. */
import type { Principal } from "../core/principal.ts";
import type { RoomCore } from "../core/room-core.ts";

export interface Ask {
  readonly request: Request;
  readonly url: URL;
  readonly core: RoomCore;
  readonly principal: Principal;
}
