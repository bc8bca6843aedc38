/** The transports of a room, by name: which of those that were asked for this runtime can have, and how each is opened. */
import { HttpTransport } from "./http-transport.ts";
import { briefPace, type PollPace, PollReader, patientPace } from "./poll.ts";
import type { OpenReader } from "./reader.ts";
import type { RoomAddress } from "./room-address.ts";
import { canShare, SharedReader } from "./shared.ts";
import { StreamReader } from "./sse.ts";
import { type OpenTransport, TRANSPORTS, type TransportName } from "./transport.ts";
import { WebSocketTransport } from "./web-socket.ts";

/** In the order that was asked for. Throws where none was. */
export function openers(
  address: RoomAddress,
  wanted: readonly TransportName[] = TRANSPORTS,
): ReadonlyMap<TransportName, OpenTransport> {
  if (wanted.length === 0) throw new TypeError("`transports` names none");
  const over =
    (open: OpenReader): OpenTransport =>
    (events) =>
      new HttpTransport(address, events, open);
  const stream: OpenReader = (events) => new StreamReader(address, events);
  const poll =
    (pace: PollPace): OpenReader =>
    (events) =>
      new PollReader(address, events, () => pace);
  const shared =
    (name: "sse" | "poll", open: OpenReader): OpenReader =>
    (events) =>
      new SharedReader(name, address, events, open);
  const open: Record<TransportName, OpenTransport> = {
    websocket: (events) => new WebSocketTransport(address, events),
    sse: over(stream),
    poll: over(poll(patientPace)),
  };
  const isTab = typeof document !== "undefined";
  if (isTab && canShare()) {
    open.sse = over(shared("sse", stream));
    open.poll = over(shared("poll", poll(patientPace)));
  } else if (isTab) open.poll = over(poll(briefPace));
  const names = new Set(wanted);
  // A stream in each of seven tabs would leave no connection for a stop: without a way to share one, tabs poll.
  if (isTab && !canShare() && names.has("poll")) names.delete("sse");
  return new Map([...names].map((name) => [name, open[name]]));
}
