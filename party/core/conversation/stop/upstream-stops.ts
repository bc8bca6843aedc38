/**
 * Stops generations at the upstream (T3, U7): once when a turn ends, and again by the alarm while the upstream can't be
 * reached. What is still to be stopped is on the stored agenda, so that a crash loses no stop.
 */
import type { StopProof } from "../../../../shared/protocol/server-frames.ts";
import type { Committer } from "../commit.ts";
import type { ConversationParts } from "../conversation-parts.ts";

/** An unconfirmed stop is tried again for this long (T3). */
const retryForMs = 600_000;
/** The first retry comes about this long after the stop; the delay doubles from there. */
const firstRetryMs = 15_000;
/** At most so many stops of a room wait for a retry: a room's agenda is one stored value. */
export const maxPendingStops = 64;

const prefix = "stop/";

export class UpstreamStops {
  readonly #parts: ConversationParts;
  readonly #committer: Committer;
  /** Stops that are on their way, by generation: each is asked for once at a time. */
  readonly #inFlight = new Map<string, Promise<StopProof | "unreachable">>();

  constructor(parts: ConversationParts, committer: Committer) {
    this.#parts = parts;
    this.#committer = committer;
  }

  /** Asks the upstream to stop a generation. Where it can't be reached, the alarm tries again for a while. */
  async stop(generationId: string): Promise<StopProof> {
    const result = await this.#ask(generationId);
    if (result === "unreachable") this.intend(generationId);
    else if (!this.#clear(generationId)) return result;
    await this.#committer.durably(this.#committer.begin());
    return result === "unreachable" ? "closed" : result;
  }

  /** Puts a stop on the agenda, to be tried by the alarm. The caller commits. */
  intend(generationId: string): void {
    const { agenda, ports } = this.#parts;
    const pending = agenda.names(prefix);
    if (pending.some((name) => generationOf(name) === generationId) || pending.length >= maxPendingStops) return;
    const now = ports.clock.now();
    agenda.set(`${prefix}${generationId}/${now + retryForMs}`, this.#retryAt(now, now + retryForMs));
  }

  /**
   * The alarm rang: puts off what is due, which the caller commits, and returns the work. One stop is asked for at a time, and
   * the first that doesn't reach the upstream puts off all the others: a dead upstream costs a room one call now and then, and
   * one that recovers isn't met by a wave.
   */
  retry(due: readonly string[]): () => Promise<void> {
    const { agenda, ports } = this.#parts;
    const now = ports.clock.now();
    const generations: string[] = [];
    for (const name of due) {
      if (!name.startsWith(prefix)) continue;
      const until = Number(name.slice(name.lastIndexOf("/") + 1));
      if (now >= until) agenda.clear(name);
      else {
        agenda.set(name, this.#retryAt(now, until));
        generations.push(generationOf(name));
      }
    }
    return async () => {
      for (const generationId of generations) {
        if (this.#parts.life.aborted) return;
        if ((await this.#ask(generationId)) === "unreachable") {
          this.#putOff(generationId);
          await this.#committer.durably(this.#committer.begin());
          return;
        }
        this.#clear(generationId);
        await this.#committer.durably(this.#committer.begin());
      }
    };
  }

  /** Exponential by the time that has passed since the stop, with jitter. At `until` the stop is given up. */
  #retryAt(now: number, until: number): number {
    const passedMs = now - (until - retryForMs);
    const delayMs = Math.max(firstRetryMs, passedMs) * (0.5 + this.#parts.ports.random());
    return Math.round(Math.min(until, now + delayMs));
  }

  /** The generation needs no stop any more. Returns whether one was on the agenda. */
  #clear(generationId: string): boolean {
    const { agenda } = this.#parts;
    const name = agenda.names(prefix).find((pending) => generationOf(pending) === generationId);
    return name !== undefined && agenda.clear(name);
  }

  /** No stop of the room is tried before the one that has just failed. */
  #putOff(generationId: string): void {
    const { agenda } = this.#parts;
    const names = agenda.names(prefix);
    const failed = names.find((name) => generationOf(name) === generationId);
    const at = failed === undefined ? undefined : agenda.at(failed);
    if (at === undefined) return;
    for (const name of names) if ((agenda.at(name) ?? at) < at) agenda.set(name, at);
  }

  #ask(generationId: string): Promise<StopProof | "unreachable"> {
    const asked = this.#inFlight.get(generationId);
    if (asked !== undefined) return asked;
    const answer = this.#call(generationId).finally(() => this.#inFlight.delete(generationId));
    this.#inFlight.set(generationId, answer);
    return answer;
  }

  async #call(generationId: string): Promise<StopProof | "unreachable"> {
    const { ports, policy } = this.#parts;
    const controller = new AbortController();
    const timer = ports.clock.after(policy.stopConfirmMs, () => controller.abort());
    try {
      const answer = await ports.upstream.stop(generationId, controller.signal);
      return answer === "confirmed" ? "confirmed" : "closed";
    } catch (cause) {
      ports.report({ name: "stop-unconfirmed", generationId, cause });
      return "unreachable";
    } finally {
      timer.cancel();
    }
  }
}

function generationOf(name: string): string {
  return name.slice(prefix.length, name.lastIndexOf("/"));
}
