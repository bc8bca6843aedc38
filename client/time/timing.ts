/** Every duration of the client. `tests/unit/client/connection/timing.test.ts` pins how they relate to each other and to the room's. */
import type { BackoffPolicy } from "../../shared/backoff.ts";
import { maxPollWaitSeconds } from "../../shared/protocol/limits.ts";

/**
 * Between attempts. The base is the spread of the first return after a deploy: with the hello timeout it stays far inside
 * the grace period a room gives to a lost reader (R6), so that a network change never stops an answer.
 */
export const reconnectPolicy: BackoffPolicy = { baseMs: 500, maxMs: 10_000 };
/**
 * The same while something is known to be in the way, such as a firewall that refuses WebSockets. It goes away when a person
 * changes something, and then usually a signal of the device or the person ends the wait.
 */
export const blockedPolicy: BackoffPolicy = { baseMs: 2_000, maxMs: 60_000 };
/** From the start of an attempt to its `welcome`: connecting, TLS and the check of a token, on a slow phone. */
export const welcomeTimeoutMs = 8_000;
/** The longest wait for a step towards the `welcome` (connected, answered, welcomed) where another transport can be tried. */
export const progressTimeoutMs = 3_000;
/** The wait for a sync that is due. A sync may be a mebibyte on a slow line, so this is longer than a round trip. */
export const syncTimeoutMs = 30_000;
/** Silence after a routine `ping` that means the network took the socket away without closing it. */
export const pongTimeoutMs = 10_000;
/** How long a connection may take to prove itself after a sign that the network changed or the device slept. */
export const proofTimeoutMs = 5_000;
/** A page compares the date with its timers this often, to notice that the device slept. */
export const sleepCheckMs = 2_000;
/** A date that is this much ahead of the timer means that the device slept. */
export const sleptMs = 8_000;
/** A connection that lasts this long after its sync is a good one: the next loss starts counting anew. */
export const stableAfterMs = 5_000;
/** The longest delay a room may ask for. It also keeps a timer's 2³¹ from overflowing to 1 ms. */
export const maxAskedDelayMs = 300_000;
/** A token is refreshed this long before it expires: before the room warns, and early enough for two tries. */
export const refreshAheadMs = 75_000;
/** The shortest pause between two refreshes, and the longest after refreshes that failed or brought no time. */
export const refreshBackoff: BackoffPolicy = { baseMs: 1_000, maxMs: 60_000 };
/** A token that lives longer than this needs no refresh. It also keeps a timer's 2³¹ from overflowing. */
export const maxRefreshDelayMs = 86_400_000;
/** Bounds on the heartbeat a room may ask for. */
export const minHeartbeatMs = 1_000;
export const maxHeartbeatMs = 60_000;
/** For a page of older turns: a mebibyte on a slow line, as a sync. */
export const olderTimeoutMs = 30_000;
/** For a submit or a stop over HTTP: a stop is answered when the backend has confirmed it. */
export const requestTimeoutMs = 30_000;
/** Attempts at one HTTP request that gets no answer while the reader gets through. The request is refused after the last. */
export const maxRequestAttempts = 3;
/** Between those attempts. */
export const requestRetryPolicy: BackoffPolicy = { baseMs: 500, maxMs: 4_000 };
/** A stream's first heartbeat comes a second after it opened; a late one means that the stream is held back. */
export const firstHeartbeatMs = 1_000;
/** How much later than the soonest a heartbeat may come before its stream counts as held back. */
export const maxLagMs = 2_000;
/** A stream that is silent for this long may be dead: a heartbeat comes every 15 s by default. */
export const streamSilenceMs = 25_000;
/** Between an idle stream's end and the next one where the room sets none, and after one that ended at once. */
export const restMs = 1_000;
/** The longest rest a room may set for an idle client: a question from another device is seen after that at the latest. */
export const maxRestMs = 60_000;
/** After an empty poll where the room sets no rest. */
export const pollPauseMs = 250;
/** For one poll: its wait, and a mebibyte on a slow line. */
export const pollTimeoutMs = maxPollWaitSeconds * 1_000 + 30_000;
/** Between the polls of a follower tab while the leader tab passes frames on. Also its sign of life (R6). */
export const followPauseMs = 25_000;
/** The same while the leader tab is silent, and wherever a tab may hold no connection. */
export const briefPauseMs = 1_000;
/** Silence of the leader tab after which a follower stops relying on it. */
export const followQuietMs = 5_000;
