/** How long the client waits for what. `tests/unit/client-timing.test.ts` pins how these relate to each other and to the room's. */
import type { BackoffPolicy } from "../shared/backoff.ts";

/**
 * Between tries. The base is the spread of the first return after a deploy: with the hello timeout it stays far inside the
 * grace a room gives to a lost reader (R6), so that a network change never stops an answer.
 */
export const reconnectPolicy: BackoffPolicy = { baseMs: 500, maxMs: 10_000 };
/** From the start of a try to its `welcome`: connecting, TLS and the check of a token, on a slow phone. */
export const welcomeTimeoutMs = 8_000;
/** Until a sync that is due. It may be a mebibyte on a slow line, so this is not the time of a round trip. */
export const syncTimeoutMs = 30_000;
/** Silence after a `ping` that means the network took the socket away without telling. */
export const pongTimeoutMs = 10_000;
/** A connection that stayed this long after its sync was a good one: the next loss starts counting anew. */
export const stableAfterMs = 5_000;
/** The most a room may ask a client to stay away, whatever it says; also keeps a timer's 2³¹ from overflowing to 1 ms. */
export const maxAskedDelayMs = 300_000;
/** Bounds on the heartbeat a room may ask for. */
export const minHeartbeatMs = 1_000;
export const maxHeartbeatMs = 60_000;
/** For a page of older turns: a mebibyte on a slow line, as a sync. */
export const olderTimeoutMs = 30_000;
