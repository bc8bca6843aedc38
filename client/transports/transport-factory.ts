/** Lists the transports of a room: which of the wanted ones this runtime can have, and how each is opened. */
import { TRANSPORTS, type TransportName } from "../api/connection-types.ts";
import type { OpenReader } from "./http/http-reader.ts";
import { HttpTransport } from "./http/http-transport.ts";
import { briefPace, PollReader, patientPace } from "./http/poll.ts";
import type { MethodMemory } from "./http/request-sender.ts";
import { StreamReader } from "./http/sse.ts";
import { canShare, type SharedName, SharedReader } from "./leader-tab.ts";
import type { RoomAddress } from "./room-address.ts";
import type { OpenTransport } from "./transport.ts";
import { type OfferMemory, WebSocketTransport } from "./web-socket.ts";

/** In the given order. Throws where no transport or an unknown one is named. */
export function openers(
  address: RoomAddress,
  wanted: readonly TransportName[] = TRANSPORTS,
): ReadonlyMap<TransportName, OpenTransport> {
  if (wanted.length === 0 || !wanted.every((name) => TRANSPORTS.includes(name))) {
    throw new TypeError(`\`transports\` must name at least one of ${TRANSPORTS.join(", ")}`);
  }
  const isTab = typeof document !== "undefined";
  const isShared = isTab && canShare();
  const pace = isTab && !isShared ? briefPace : patientPace;
  const memory: MethodMemory & OfferMemory = { isDeleteBlocked: false };
  const over =
    (name: SharedName, read: OpenReader): OpenTransport =>
    (events) =>
      new HttpTransport(
        address,
        events,
        memory,
        isShared ? (readerEvents) => new SharedReader(name, address, readerEvents, read) : read,
      );
  const open: Record<TransportName, OpenTransport> = {
    websocket: (events) => new WebSocketTransport(address, events, memory),
    sse: over("sse", (events) => new StreamReader(address, events)),
    poll: over("poll", (events) => new PollReader(address, events, () => pace)),
  };
  const names = new Set(wanted);
  // A stream in each of seven tabs would leave no connection for a stop: tabs that can't share one poll instead.
  if (isTab && !isShared && names.has("poll")) names.delete("sse");
  return new Map([...names].map((name) => [name, open[name]]));
}
