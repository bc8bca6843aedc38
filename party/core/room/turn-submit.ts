/**
 * What every submit passes, over a socket and over HTTP: whether the tenant may ask for it, and whether its user has a place in
 * the queue. Then the conversation accepts it, or refuses it for its own reasons (T1, Q3).
 */
import type { ErrorCode } from "../../../shared/protocol/errors.ts";
import { fail, type Result } from "../../../shared/result.ts";
import type { Conversation } from "../conversation/conversation.ts";
import type { Submit } from "../log/turn-record.ts";
import type { RoomPolicy } from "../policy.ts";
import type { RoomPorts } from "../ports.ts";
import type { Principal } from "../principal.ts";
import { isOneUser } from "./fair-share.ts";

/** Of the queue, what one user may hold: the others find a place while one of them asks without end. */
const userShare = 3 / 4;

export interface SubmitRefusal {
  readonly code: ErrorCode;
  readonly detail?: string;
}

export class TurnSubmit {
  readonly #conversation: Conversation;
  readonly #ports: RoomPorts;
  readonly #policy: RoomPolicy;

  constructor(conversation: Conversation, ports: RoomPorts, policy: RoomPolicy) {
    this.#conversation = conversation;
    this.#ports = ports;
    this.#policy = policy;
  }

  /** `known`: the same turn is here already, and nothing was started. One that replaces turns can still be refused later. */
  submit(frame: Submit, by: Principal): Result<"accepted" | "known", SubmitRefusal> {
    const field = this.#ports.refusalOf(frame);
    if (field !== undefined) {
      const detail = `The ${field} of this message may not be used here. Choose another and send it again.`;
      return fail({ code: "turn-not-allowed", detail });
    }
    if (this.#isOverShare(frame, by)) {
      this.#ports.report({ name: "turn-refused", turnId: frame.turnId, code: "queue-full" });
      return fail({ code: "queue-full" });
    }
    const result = this.#conversation.submit(frame, by.sub);
    return result.ok ? result : fail({ code: result.error });
  }

  /** Writes the audit line of an accepted turn once it is durable: an earlier line could be about a turn that never was. */
  async audit(turnId: string, by: Principal): Promise<void> {
    const { epoch, journal } = this.#conversation;
    const refused = await this.#conversation.decided(turnId);
    if (refused === undefined && !journal.isBroken) this.#ports.audit({ act: "asked", by, epoch, turnId });
  }

  #isOverShare({ turnId, replaces }: Submit, by: Principal): boolean {
    if (!isOneUser(by) || replaces !== undefined || this.#conversation.turn(turnId) !== undefined) return false;
    const queue = this.#conversation.turns.queue();
    const own = queue.filter(({ record }) => record.spec.author === by.sub).length;
    return own > 0 && own >= Math.ceil(this.#policy.maxQueuedTurns * userShare);
  }
}
