/** The transports of a room, by name: which of those that were asked for this runtime can have, and how each is opened. */
import { briefPace, type PollPace, PollTransport, patientPace } from "./poll.ts";
import type { RoomAddress } from "./room-address.ts";
import { canShare, SharedTransport } from "./shared.ts";
import { SseTransport } from "./sse.ts";
import { type OpenTransport, TRANSPORTS, type TransportName } from "./transport.ts";
import { WebSocketTransport } from "./web-socket.ts";

/** In the order that was asked for. Throws where none was. */
export function openers(
  address: RoomAddress,
  wanted: readonly TransportName[] = TRANSPORTS,
): ReadonlyMap<TransportName, OpenTransport> {
  if (wanted.length === 0) throw new TypeError("`transports` names none");
  const stream: OpenTransport = (events) => new SseTransport(address, events);
  const poll =
    (pace: PollPace): OpenTransport =>
    (events) =>
      new PollTransport(address, events, { pace: () => pace });
  const shared =
    (name: "sse" | "poll", open: OpenTransport): OpenTransport =>
    (events) =>
      new SharedTransport(name, address, events, open);
  const open: Record<TransportName, OpenTransport> = {
    websocket: (events) => new WebSocketTransport(address, events),
    sse: stream,
    poll: poll(patientPace),
  };
  const isTab = typeof document !== "undefined";
  if (isTab && canShare()) {
    open.sse = shared("sse", stream);
    open.poll = shared("poll", poll(patientPace));
  } else if (isTab) open.poll = poll(briefPace);
  const names = new Set(wanted);
  // A stream in each of seven tabs would leave no connection for a stop: without a way to share one, tabs poll.
  if (isTab && !canShare() && names.has("poll")) names.delete("sse");
  return new Map([...names].map((name) => [name, open[name]]));
}
