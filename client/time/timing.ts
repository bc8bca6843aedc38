/** How long the client waits for what. `tests/unit/client/timing.test.ts` pins how these relate to each other and to the room's. */
import type { BackoffPolicy } from "../../shared/backoff.ts";
import { maxPollWaitSeconds } from "../../shared/protocol/limits.ts";

/**
 * Between tries. The base is the spread of the first return after a deploy: with the hello timeout it stays far inside the
 * grace a room gives to a lost reader (R6), so that a network change never stops an answer.
 */
export const reconnectPolicy: BackoffPolicy = { baseMs: 500, maxMs: 10_000 };
/** From the start of a try to its `welcome`: connecting, TLS and the check of a token, on a slow phone. */
export const welcomeTimeoutMs = 8_000;
/** Where another transport is left to try: without a step towards the `welcome` (connected, answered, welcomed) for so long. */
export const progressTimeoutMs = 3_000;
/** Until a sync that is due. It may be a mebibyte on a slow line, so this is not the time of a round trip. */
export const syncTimeoutMs = 30_000;
/** Silence after a `ping` that means the network took the socket away without telling. */
export const pongTimeoutMs = 10_000;
/** A connection that stayed this long after its sync was a good one: the next loss starts counting anew. */
export const stableAfterMs = 5_000;
/** The most a room may ask a client to stay away, whatever it says; also keeps a timer's 2³¹ from overflowing to 1 ms. */
export const maxAskedDelayMs = 300_000;
/** A token is refreshed this long before it runs out: before the room warns of it, and twice over on a slow network. */
export const refreshAheadMs = 75_000;
/** Two refreshes are this far apart at the least, whatever the tokens say. */
export const refreshAgainMs = 1_000;
/** Tokens live an hour at the most; what says more needs no refresh. Also keeps a timer's 2³¹ from overflowing. */
export const maxRefreshDelayMs = 86_400_000;
/** Bounds on the heartbeat a room may ask for. */
export const minHeartbeatMs = 1_000;
export const maxHeartbeatMs = 60_000;
/** For a page of older turns: a mebibyte on a slow line, as a sync. */
export const olderTimeoutMs = 30_000;
/** For a submit or a stop over HTTP: a stop is answered when the backend has confirmed it. */
export const requestTimeoutMs = 30_000;
/** A stream's first heartbeat comes a second after it opened; a late one means that it is held back. */
export const firstHeartbeatMs = 1_000;
/** How much later than the soonest a heartbeat may come before its stream counts as held back. */
export const maxLagMs = 2_000;
/** A stream that says nothing for so long may be dead: a heartbeat comes every 15 s, where nobody sets it otherwise. */
export const streamSilenceMs = 25_000;
/** Between an idle stream's end and the next one, where the room does not say; also after one that ended at once. */
export const restMs = 1_000;
/** The most a room may have an idle client rest: a question from another device is seen after that at the latest. */
export const maxRestMs = 60_000;
/** After a poll that told nothing, where the room does not say how long to rest. */
export const pollPauseMs = 250;
/** For one poll: its wait, and a mebibyte on a slow line. */
export const pollTimeoutMs = maxPollWaitSeconds * 1_000 + 30_000;
/** Between the polls of a tab to which another one tells what happens. Also its sign of life (R6). */
export const followPauseMs = 25_000;
/** The same while the other one is silent, and wherever a tab may hold no connection. */
export const briefPauseMs = 1_000;
/** Silence of the other tab after which it is not relied on. */
export const followQuietMs = 5_000;
