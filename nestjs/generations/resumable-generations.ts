/**
 * The store of generations that can be resumed, replayed and stopped by key. It runs what it is given and knows no model.
 * In memory and bounded (limits.ts); nothing here survives the process. `ResumableInterceptor` is its reader.
 *
 * The promises: a key never runs twice once content was made; a reader gets exactly the events after the id it names;
 * after `stop` resolves, no token is made.
 */
import { setImmediate as nextLoop } from "node:timers/promises";
import { HttpException, Inject, Injectable, Logger, type MessageEvent, type OnModuleDestroy } from "@nestjs/common";
import type { Observable } from "rxjs";
import { deferred } from "../deferred.ts";
import { EDGE_CHAT_SETTINGS, type EdgeChatSettings } from "../options.ts";
import { Generation, type GenerationRecord, type Producer } from "./generation.ts";
import { GenerationError } from "./generation-error.ts";
import type { ResumableOptions } from "./limits.ts";

export interface OpenRequest {
  /** The idempotency key. */
  key: string;
  /** Hash of what is asked (see fingerprint.ts): the same key with another one is refused. */
  fingerprint: string;
  /** Present on a resume: the last event the reader holds. */
  lastEventId?: number | undefined;
}

/** What a reader gets. */
export interface OpenGeneration {
  /** The events that the reader lacks, then the live ones. Completes with the generation, or when another reader takes over. */
  events: Observable<MessageEvent>;
  /** Whether they are chunks of the AI SDK's UI message stream, which has a response header of its own. */
  isUiMessageStream: boolean;
}

export interface GenerationStats {
  started: number;
  finished: number;
  aborted: number;
  failed: number;
  active: number;
  tokens: number;
  generations: GenerationRecord[];
}

/** Why a key that holds nothing may still not run. */
interface Tombstone {
  because: "stopped" | "evicted";
  until: number;
}

/** Ids shown in statistics; enough for a test run or a look at what just happened. */
const maxRecords = 500;
/** Expired keys are refused on sight; this only returns their memory. */
const sweepEveryMs = 30_000;

@Injectable()
export class ResumableGenerations implements OnModuleDestroy {
  readonly #logger = new Logger("EdgeChat");
  readonly #options: ResumableOptions;
  /** Insertion order is age, which is what eviction goes by. */
  readonly #generations = new Map<string, Generation>();
  readonly #tombstones = new Map<string, Tombstone>();
  readonly #records = new Map<string, GenerationRecord>();
  readonly #sweepTimer: NodeJS.Timeout;
  readonly #counts = { started: 0, finished: 0, aborted: 0, failed: 0 };
  #forgottenTokens = 0;
  #keptBytes = 0;
  #kept = 0;
  #isClosing = false;

  constructor(@Inject(EDGE_CHAT_SETTINGS) { resumable }: Pick<EdgeChatSettings, "resumable">) {
    this.#options = resumable;
    this.#sweepTimer = setInterval(() => this.#sweep(), sweepEveryMs).unref();
  }

  /**
   * Joins the key's generation, or starts it with `produce` when the key is new. Resolves when the answer can begin; until then it
   * rejects with a GenerationError, so refusals and a producer's early failure keep their HTTP status. What `produce` throws when
   * it is called is thrown here, and then nothing was started. Abort `gone` when the reader leaves.
   */
  async open(request: OpenRequest, produce: Producer, gone: AbortSignal): Promise<OpenGeneration> {
    const generation = this.#find(request) ?? this.#begin(request, produce);
    const events = generation.attach(request.lastEventId ?? 0, gone);
    if (!generation.isOver) await generation.started;
    return { events, isUiMessageStream: generation.isChunked };
  }

  /** Resolves when the key's generation is over and silent. Idempotent, and remembered for a key that was never seen. */
  async stop(key: string): Promise<void> {
    const generation = this.#known(key);
    if (generation === undefined) {
      this.#bury(key, "stopped", Date.now() + this.#options.tombstoneMs);
      return;
    }
    generation.stop({ type: "complete", finishReason: "cancelled" });
    await this.#confirm(generation);
  }

  stats(): GenerationStats {
    const generations = [...this.#records.values()];
    const tokens = generations.reduce((sum, record) => sum + record.tokens, this.#forgottenTokens);
    return { ...this.#counts, active: this.#active, tokens, generations };
  }

  record(key: string): GenerationRecord | undefined {
    return this.#records.get(key);
  }

  /** What a process that stops owes its readers: an end they can tell from a lost connection. */
  async onModuleDestroy(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#sweepTimer);
    for (const generation of this.#generations.values()) {
      generation.stop({
        type: "error",
        code: "shutting-down",
        message: "The model service is restarting.",
        retryable: true,
      });
    }
    // Nest writes events a tick later, and closes the connections right after this hook.
    await nextLoop();
    await nextLoop();
  }

  get #active(): number {
    return this.#generations.size - this.#kept;
  }

  #known(key: string): Generation | undefined {
    const generation = this.#generations.get(key);
    if (generation?.isOver && generation.endedAt + this.#options.keepMs <= Date.now()) {
      this.#retire(generation);
      return undefined;
    }
    return generation;
  }

  #find({ key, fingerprint, lastEventId }: OpenRequest): Generation | undefined {
    const generation = this.#known(key);
    if (generation === undefined) {
      const tombstone = this.#tombstones.get(key);
      if (tombstone !== undefined && tombstone.until > Date.now()) {
        if (tombstone.because === "stopped") {
          throw new GenerationError("generation-stopped", "This generation was stopped.", { status: 409 });
        }
        throw new GenerationError("generation-gone", "This generation is no longer kept.", { status: 410 });
      }
      // A resume is never a new generation: its reader already shows the beginning of another text.
      if (lastEventId !== undefined) {
        throw new GenerationError("generation-unknown", "No generation with this id can be resumed here.", {
          status: 410,
        });
      }
      return undefined;
    }
    if (generation.fingerprint !== fingerprint) {
      throw new GenerationError("generation-conflict", "This id was used for a different request.", { status: 409 });
    }
    // Stopped before it could begin: there is nothing to replay, and it must not begin now.
    if (generation.isStopped && !generation.hasStarted) {
      throw new GenerationError("generation-stopped", "This generation was stopped.", { status: 409 });
    }
    if (!generation.holds(lastEventId ?? 0)) {
      throw new GenerationError("position-unknown", "The events after this position are not kept.", { status: 410 });
    }
    return generation;
  }

  #begin({ key, fingerprint }: OpenRequest, produce: Producer): Generation {
    if (this.#isClosing) {
      throw new GenerationError("shutting-down", "The model service is restarting.", {
        status: 503,
        retryAfterMs: 1_000,
      });
    }
    if (this.#active >= this.#options.maxActive) {
      throw new GenerationError("overloaded", "Too many answers are being generated.", {
        status: 503,
        retryAfterMs: 1_000,
      });
    }
    const abort = new AbortController();
    const running = { events: produce(abort.signal), abort };
    this.#counts.started += 1;
    const generation = new Generation(key, fingerprint, this.#newRecord(key), this.#options, running, (ended, error) =>
      this.#handleEnd(ended, error),
    );
    this.#generations.set(key, generation);
    return generation;
  }

  #newRecord(id: string): GenerationRecord {
    const record = this.#records.get(id) ?? { id, state: "starting", starts: 0, tokens: 0, tokensAfterStop: 0 };
    this.#records.delete(id);
    this.#records.set(id, record);
    for (const [oldId, old] of this.#records) {
      if (this.#records.size <= maxRecords) break;
      // A running generation keeps its record, or its tokens would leave the total.
      if (old.state === "starting" || old.state === "running") continue;
      this.#records.delete(oldId);
      this.#forgottenTokens += old.tokens;
    }
    return record;
  }

  #handleEnd(generation: Generation, error: unknown): void {
    const { state } = generation.record;
    if (state === "finished" || state === "failed" || state === "aborted") this.#counts[state] += 1;
    if (error !== undefined && !(error instanceof HttpException)) this.#logger.error(error);
    this.#kept += 1;
    this.#keptBytes += generation.bytes;
    // Nobody has seen anything of it: a retry under the same key is a new try, not a second answer.
    const mayRunAgain = state === "failed" ? !generation.hasContent : state === "aborted" && !generation.hasStarted;
    if (mayRunAgain && !generation.isStopped) this.#remove(generation);
    this.#evict();
  }

  /** Resolves when the producer has returned; a producer that ignores its signal must not look stopped. */
  async #confirm(generation: Generation): Promise<void> {
    const { promise: late, reject } = deferred<never>();
    const timer = setTimeout(() => {
      reject(
        new GenerationError("stop-unconfirmed", "The generation has not ended yet.", {
          status: 503,
          retryAfterMs: 1_000,
        }),
      );
    }, this.#options.stopConfirmMs);
    try {
      await Promise.race([generation.silent, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #remove(generation: Generation): void {
    if (this.#generations.get(generation.key) !== generation) return;
    this.#generations.delete(generation.key);
    if (!generation.isOver) return;
    this.#kept -= 1;
    this.#keptBytes -= generation.bytes;
  }

  #evict(): void {
    for (const generation of this.#generations.values()) {
      if (this.#kept <= this.#options.maxKept && this.#keptBytes <= this.#options.maxBufferedBytes) return;
      if (!generation.isOver) continue;
      this.#retire(generation);
    }
  }

  /** Its text goes; the memory that it ran (and was paid for), or was stopped, stays for its time. */
  #retire(generation: Generation): void {
    this.#remove(generation);
    const { keepMs, tombstoneMs } = this.#options;
    const { key, endedAt, isStopped } = generation;
    this.#bury(key, isStopped ? "stopped" : "evicted", endedAt + (isStopped ? Math.max(keepMs, tombstoneMs) : keepMs));
  }

  #bury(key: string, because: Tombstone["because"], until: number): void {
    if (until <= Date.now()) return;
    this.#tombstones.delete(key);
    this.#tombstones.set(key, { because, until });
    for (const oldest of this.#tombstones.keys()) {
      if (this.#tombstones.size <= this.#options.maxTombstones) break;
      this.#tombstones.delete(oldest);
    }
  }

  #sweep(): void {
    const now = Date.now();
    for (const [key, tombstone] of this.#tombstones) {
      if (tombstone.until <= now) this.#tombstones.delete(key);
    }
    for (const key of [...this.#generations.keys()]) this.#known(key);
  }
}
