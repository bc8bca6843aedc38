/** Every bound of the store, with its reason. All are per process: a second instance knows nothing of the first one's generations. */

export interface ResumableOptions {
  /** How long a generation goes on without a reader: long enough for a gateway to be restarted, short enough to be worth its tokens. 0 stops at once. */
  holdMs: number;
  /** How long an ended generation can be read again. */
  keepMs: number;
  /** How long a stop is remembered for an id that was never seen: a submit that was overtaken by its own stop must not run. */
  tombstoneMs: number;
  /** A comment is written after this much silence, so that proxies keep the connection and a gone reader is noticed. */
  heartbeatMs: number;
  /** How long a stop waits for the producer to fall silent before it says that it could not confirm it. */
  stopConfirmMs: number;
  /** Events kept of one generation; beyond it the oldest go, and a resume from before them is refused. */
  maxGenerationBytes: number;
  /** Events kept of all ended generations together; beyond it the oldest generations go. */
  maxBufferedBytes: number;
  /** Ended generations kept, whatever their size. */
  maxKept: number;
  /** Generations running at once; beyond it a start is refused with 503. */
  maxActive: number;
  /** Stops and evictions remembered. */
  maxTombstones: number;
}

export const defaultResumableOptions: ResumableOptions = {
  holdMs: 30_000,
  keepMs: 10 * 60_000,
  tombstoneMs: 10 * 60_000,
  heartbeatMs: 10_000,
  stopConfirmMs: 4_000,
  maxGenerationBytes: 16 * 1024 * 1024,
  maxBufferedBytes: 64 * 1024 * 1024,
  maxKept: 1_000,
  maxActive: 1_000,
  maxTombstones: 10_000,
};
