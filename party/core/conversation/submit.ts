/**
 * Accepting what is submitted: whether it is new, a repetition, in conflict or stale (T1), whether there is room for it (Q3),
 * and what it replaces. An accepted turn is handed to the conversation in one commit.
 */
import { fingerprint } from "../../../shared/fingerprint.ts";
import type { ErrorCode } from "../../../shared/protocol/errors.ts";
import { fail, ok, type Result } from "../../../shared/result.ts";
import { utf8Length } from "../../../shared/text.ts";
import type { StopCause } from "../events.ts";
import type { Journal } from "../log/journal.ts";
import { jsonRows } from "../log/storage-schema.ts";
import type { Submit, TurnSpec } from "../log/turn-record.ts";
import type { RoomPolicy } from "../policy.ts";
import type { RoomPorts } from "../ports.ts";
import { Turn } from "../turn/turn.ts";
import type { TurnList } from "../turn/turn-list.ts";
import type { Commit, Commits } from "./commit.ts";

export interface SubmitsHost {
  cancel(turnId: string, by: StopCause): void;
  removeIn(commit: Commit, gone: readonly Turn[]): void;
  /** Starts what may start, as part of `commit`. */
  startNext(commit: Commit): void;
}

export interface SubmitsParts {
  readonly turns: TurnList;
  readonly commits: Commits;
  readonly journal: Journal;
  readonly life: AbortSignal;
}

export class Submits {
  readonly #parts: SubmitsParts;
  readonly #ports: RoomPorts;
  readonly #policy: RoomPolicy;
  readonly #host: SubmitsHost;
  /** Submits that wait until the turns they replace have been stopped: what they say, and what becomes of them. */
  readonly #replacing = new Map<string, { readonly print: string; readonly refused: Promise<ErrorCode | undefined> }>();

  constructor(parts: SubmitsParts, ports: RoomPorts, policy: RoomPolicy, host: SubmitsHost) {
    this.#parts = parts;
    this.#ports = ports;
    this.#policy = policy;
    this.#host = host;
  }

  /**
   * Accepts a turn (T1, Q3). `known`: this id is already here with the same content; nothing was started. One that replaces
   * others can still be refused: see `decided`.
   */
  submit(frame: Submit, author: string): Result<"accepted" | "known", ErrorCode> {
    const result = this.#decide(frame, author);
    if (!result.ok) this.#ports.report({ name: "turn-refused", turnId: frame.turnId, code: result.error });
    return result;
  }

  /**
   * For a turn that was accepted: resolves when it is durable, or with why it was refused after all, because what it was to
   * replace has been cleared meanwhile.
   */
  async decided(turnId: string): Promise<ErrorCode | undefined> {
    const refused = await this.#replacing.get(turnId)?.refused;
    if (refused === undefined) await this.#parts.journal.settled();
    return refused;
  }

  #decide(frame: Submit, author: string): Result<"accepted" | "known", ErrorCode> {
    const { turns } = this.#parts;
    const { position, tombstones } = turns;
    const print = fingerprint([frame.input, frame.provider ?? null, frame.model ?? null, frame.params ?? null]);
    const known = turns.get(frame.turnId);
    if (known !== undefined) return known.record.spec.fingerprint === print ? ok("known") : fail("turn-conflict");
    const replacing = this.#replacing.get(frame.turnId);
    if (replacing !== undefined) return replacing.print === print ? ok("accepted") : fail("turn-conflict");
    if (frame.epoch !== undefined && position.isStale(frame.epoch)) return fail("turn-stale");
    if (tombstones.has(frame.turnId)) return fail("turn-stale");
    if (frame.replaces === undefined) {
      if (this.#isFull()) return fail("queue-full");
      this.#accept(frame, author, print, []);
      return ok("accepted");
    }
    const replaced = turns.get(frame.replaces);
    if (replaced === undefined) return fail("turn-unknown");
    const gone = turns.all().filter((turn) => turn.record.spec.ordinal >= replaced.record.spec.ordinal);
    const refused = this.#replace(frame, author, print, gone);
    this.#replacing.set(frame.turnId, { print, refused });
    return ok("accepted");
  }

  /** No slot is free and the line is as long as it may be. */
  #isFull(): boolean {
    const { turns } = this.#parts;
    const queued = turns.queue().length;
    const mayStart = queued === 0 && turns.active().length < this.#policy.maxActiveTurns;
    return !mayStart && queued >= this.#policy.maxQueuedTurns;
  }

  /**
   * Stops the replaced turns that are not over, as any stop: intent first. Then they go and the new one comes in one commit.
   * Lost in between, the submit is sent again by its client and finds them settled.
   */
  async #replace(frame: Submit, author: string, print: string, gone: readonly Turn[]): Promise<ErrorCode | undefined> {
    const { turns, life } = this.#parts;
    const { epoch } = turns;
    // Those in line first: the slot that the running one frees is not for them.
    for (const turn of gone.toReversed()) this.#host.cancel(turn.id, "replace");
    await Promise.all(gone.map((turn) => turn.ended));
    this.#replacing.delete(frame.turnId);
    if (life.aborted) return "draining";
    if (epoch !== turns.epoch || turns.tombstones.has(frame.turnId)) {
      this.#ports.report({ name: "turn-refused", turnId: frame.turnId, code: "turn-stale" });
      return "turn-stale";
    }
    this.#accept(frame, author, print, gone);
    return undefined;
  }

  #accept(frame: Submit, author: string, print: string, gone: readonly Turn[]): void {
    const { turns, commits } = this.#parts;
    const commit = commits.begin();
    if (gone.length > 0) this.#host.removeIn(commit, gone);
    const now = this.#ports.clock.now();
    const rows = jsonRows(frame.input);
    const contextRows = frame.context === undefined ? [] : jsonRows(frame.context);
    const seq = turns.position.nextSeq();
    const spec: TurnSpec = {
      id: frame.turnId,
      ordinal: turns.position.takeOrdinal(),
      author,
      createdAt: now,
      queuedSeq: seq,
      fingerprint: print,
      inputBytes: rows.reduce((bytes, row) => bytes + utf8Length(row), 0),
      inputRows: rows.length,
      ...(contextRows.length === 0 ? {} : { contextRows: contextRows.length }),
      onLeave: frame.onLeave ?? this.#policy.orphanPolicy,
      ...(frame.provider === undefined ? {} : { provider: frame.provider }),
      ...(frame.model === undefined ? {} : { model: frame.model }),
      ...(frame.params === undefined ? {} : { params: frame.params }),
      ...(frame.metadata === undefined ? {} : { metadata: frame.metadata }),
    };
    const turn = new Turn({ v: 1, spec, attempts: 0, resumes: 0 }, { state: "queued" }, frame.input);
    const position = turns.queue().length;
    turns.add(turn);
    commit.changes.turn(turn.record);
    commit.changes.input(spec.ordinal, rows);
    commit.changes.context(spec.ordinal, contextRows);
    commits.tell(commit, "queued", turn.id, {
      type: "turn-queued",
      seq,
      turnId: turn.id,
      input: frame.input,
      author,
      createdAt: now,
      position,
      ...turns.eta(position, this.#policy.maxActiveTurns),
    });
    commit.next.push(() => this.#ports.report({ name: "turn-queued", turnId: turn.id, position }));
    this.#host.startNext(commit);
    commits.commit(commit);
  }
}
