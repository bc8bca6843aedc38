/** The transports of a room, by name: which of those that were asked for this runtime can have, and how each is opened. */
import { loneFollowPauseMs, pollWaitS } from "../timing.ts";
import { type PollPace, PollTransport } from "./poll.ts";
import type { RoomAddress } from "./room-address.ts";
import { canShare, SharedTransport } from "./shared.ts";
import { SseTransport } from "./sse.ts";
import { type OpenTransport, TRANSPORTS, type TransportName } from "./transport.ts";
import { WebSocketTransport } from "./web-socket.ts";

const patient: PollPace = { waitS: pollWaitS, pauseMs: 0 };
/** Holds no connection: the tabs of a browser have six for each host between them (HTTP/1.1). */
const brief: PollPace = { waitS: 0, pauseMs: loneFollowPauseMs };

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
    poll: poll(patient),
  };
  const isTab = typeof document !== "undefined";
  if (isTab && canShare()) {
    open.sse = shared("sse", stream);
    open.poll = shared("poll", poll(patient));
  } else if (isTab) open.poll = poll(brief);
  const names = new Set(wanted);
  // A stream in each of seven tabs would leave no connection for a stop: without a way to share one, tabs poll.
  if (isTab && !canShare() && names.has("poll")) names.delete("sse");
  return new Map([...names].map((name) => [name, open[name]]));
}
