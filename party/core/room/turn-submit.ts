/**
 * What every submit passes, over a socket and over HTTP: whether the tenant may ask for it, and whether its user has a place in
 * the queue. Then the conversation accepts it, or refuses it for its own reasons (T1, Q3).
 */
import type { ErrorCode } from "../../../shared/protocol/errors.ts";
import { needsHttp } from "../../../shared/protocol/question.ts";
import { fail, type Result } from "../../../shared/result.ts";
import type { Conversation } from "../conversation/conversation.ts";
import type { Acceptance } from "../conversation/replacement.ts";
import { fileIn, withFileUrls } from "../files/file-urls.ts";
import type { Submit } from "../log/turn-record.ts";
import type { RoomPolicy } from "../policy.ts";
import type { RoomPorts } from "../ports.ts";
import type { Principal } from "../principal.ts";
import { isOneUser } from "./fair-share.ts";
import { OrderedChecks } from "./ordered-checks.ts";

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
  readonly #checks: OrderedChecks;
  /** Resolves when the addresses of the newest question are signed; undefined where none is waited for. */
  #signing: Promise<void> | undefined;

  constructor(conversation: Conversation, ports: RoomPorts, policy: RoomPolicy) {
    this.#conversation = conversation;
    this.#ports = ports;
    this.#policy = policy;
    this.#checks = new OrderedChecks(policy, userShare);
  }

  /**
   * Decides at once where the application has no `beforeTurn`, and resolves when the decision may be sent: when the turn is durable, or everything is that a refusal rests
   * on. `known`: the same turn is here already, and nothing was started. The audit line follows the durable turn: an earlier
   * one could be about a turn that never was.
   */
  async submit(asked: Submit, by: Principal): Promise<Result<Acceptance, SubmitRefusal>> {
    const { beforeTurn } = this.#ports;
    // A repeated submit starts nothing, so there is nothing to change or to refuse.
    if (beforeTurn === undefined || this.#conversation.turn(asked.turnId) !== undefined) return this.#accept(asked, by);
    if (this.#checks.isFull(by)) return fail({ code: "queue-full" });
    const checked = await this.#checks.inOrder(by, async () => {
      const answer = await beforeTurn(asked, by);
      // The token may have been revoked while the check ran.
      return answer.ok && (await this.#ports.isRevoked(by)) ? fail({ code: "unauthenticated" as const }) : answer;
    });
    if (!checked.ok) {
      this.#ports.report({ name: "turn-refused", turnId: asked.turnId, code: checked.error.code });
      return checked;
    }
    if (this.#conversation.isClosed) return fail({ code: "internal" });
    return this.#accept(checked.value, by);
  }

  async #accept(frame: Submit, by: Principal): Promise<Result<Acceptance, SubmitRefusal>> {
    const { turnId } = frame;
    const field = this.#ports.refusalOf(frame);
    if (field !== undefined) {
      const detail = `The ${field} of this message may not be used here. Choose another and send it again.`;
      return fail({ code: "turn-not-allowed", detail });
    }
    // Uploaded files are read from this gateway, however it was reached.
    const others = withFileUrls(frame.input, (url) => (fileIn(url) === undefined ? url : "/"));
    if (!this.#policy.allowHttp && needsHttp(others)) {
      return fail({
        code: "unsupported-content",
        detail: "The url of a file must be https. Upload the file, or use another address.",
      });
    }
    const stored = this.#conversation.addresses.stored(frame, by);
    const signing = this.#signed(stored.files);
    if (signing !== undefined) await signing;
    if (this.#isOverShare(frame, by)) {
      this.#ports.report({ name: "turn-refused", turnId, code: "queue-full" });
      await this.#conversation.journal.settled();
      return fail({ code: "queue-full" });
    }
    const { epoch } = this.#conversation;
    const result = await this.#conversation.submit(stored, by);
    if (!result.ok) return fail({ code: result.error });
    if (result.value === "accepted") this.#ports.audit({ act: "asked", by, epoch, turnId });
    return result;
  }

  /** A question with files waits until their addresses are signed. Later ones keep their place behind it. */
  #signed(files: readonly string[] = []): Promise<void> | undefined {
    const before = this.#signing;
    if (files.length === 0 && before === undefined) return undefined;
    const signed = Promise.all([before, this.#conversation.addresses.prepare(files)]).then(() => {
      if (this.#signing === signed) this.#signing = undefined;
    });
    this.#signing = signed;
    return signed;
  }

  #isOverShare({ turnId, replaces }: Submit, by: Principal): boolean {
    if (!isOneUser(by) || replaces !== undefined || this.#conversation.turn(turnId) !== undefined) return false;
    const queue = this.#conversation.turns.queue();
    const own = queue.filter(({ record }) => record.spec.author === by.sub).length;
    return own > 0 && own >= Math.ceil(this.#policy.maxQueuedTurns * userShare);
  }
}
