/** The transports by name, and why a client leaves one for the next. Used by the public API and by the connection. */

/** Why a transport was left for the next. */
export type StepReason =
  | Exclude<NetworkFault, "lost">
  /** Its connections broke off soon after they were made, again and again. */
  | "unstable";

/** From the best to the one that gets through everywhere. */
export const TRANSPORTS = ["websocket", "sse", "poll"] as const;
export type TransportName = (typeof TRANSPORTS)[number];

/** A fault of the network, not of the room, that ended or delayed a connection. */
export type NetworkFault =
  /** This runtime has no such thing. */
  | "unavailable"
  /** No connection came about, or something else than the room answered. */
  | "blocked"
  /** It said nothing for too long. */
  | "stalled"
  /** A proxy holds back what was sent. */
  | "buffered"
  /** It broke off. */
  | "lost";
