/**
 * Telling the upstream to generate no more (T3, U7): once, and again by the alarm while it cannot be reached. What is to be
 * told is on the agenda, stored, so that a crash forgets no stop.
 */
import type { StopProof } from "../../../shared/protocol/server-frames.ts";
import type { Agenda } from "../log/deadlines.ts";
import type { RoomPolicy } from "../policy.ts";
import type { RoomPorts } from "../ports.ts";
import type { Turn } from "../turn/turn.ts";

/** How long an unconfirmed stop is tried again (T3). */
const stopRetryForMs = 600_000;
export const stopRetryEveryMs = 15_000;

export class UpstreamStops {
  readonly #ports: RoomPorts;
  readonly #policy: RoomPolicy;
  readonly #agenda: Agenda;
  readonly #store: () => Promise<void>;

  /** @param store makes the agenda durable. */
  constructor(ports: RoomPorts, policy: RoomPolicy, agenda: Agenda, store: () => Promise<void>) {
    this.#ports = ports;
    this.#policy = policy;
    this.#agenda = agenda;
    this.#store = store;
  }

  /** Asks the upstream to generate no more. Unreachable: the alarm tries again for a while. */
  async of({ generationId, record }: Turn): Promise<StopProof> {
    // Never asked, or its whole answer is here: nothing can run there any more, which is all the proof a stop can have.
    if (generationId === undefined || record.simulated !== undefined) return "confirmed";
    const result = await this.#ask(generationId);
    if (result !== "unreachable") return result;
    this.intend(generationId);
    await this.#store();
    return "closed";
  }

  /** Puts a stop that is to be tried (again) on the agenda, under the name this returns. */
  intend(generationId: string): string {
    const now = this.#ports.clock.now();
    const name = `stop/${generationId}/${now + stopRetryForMs}`;
    this.#agenda.set(name, now + stopRetryEveryMs);
    return name;
  }

  async retry(name: string): Promise<void> {
    const [, generationId = "", until = "0"] = name.split("/");
    const result = this.#ports.clock.now() > Number(until) ? "closed" : await this.#ask(generationId);
    if (result !== "unreachable" && this.#agenda.clear(name)) await this.#store();
  }

  async #ask(generationId: string): Promise<StopProof | "unreachable"> {
    const controller = new AbortController();
    const timer = this.#ports.clock.after(this.#policy.stopConfirmMs, () => controller.abort());
    try {
      const answer = await this.#ports.upstream.stop(generationId, controller.signal);
      return answer === "confirmed" ? "confirmed" : "closed";
    } catch (cause) {
      this.#ports.report({ name: "stop-unconfirmed", generationId, cause });
      return "unreachable";
    } finally {
      timer.cancel();
    }
  }
}
