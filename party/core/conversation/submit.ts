/**
 * Accepts what is submitted: a new turn, a repetition, a conflict, or a question of a conversation that is gone (T1), within
 * the bound of the queue (Q3). A submit that replaces turns is `replacement.ts`.
 */
import { defined } from "../../../shared/defined.ts";
import { fingerprint } from "../../../shared/fingerprint.ts";
import type { ErrorCode } from "../../../shared/protocol/errors.ts";
import { dataUrlBytes } from "../../../shared/protocol/question.ts";
import { fail, ok, type Result } from "../../../shared/result.ts";
import { utf8Length } from "../../../shared/text.ts";
import type { FileAddresses } from "../files/file-addresses.ts";
import type { RoomFiles } from "../files/room-files.ts";
import { jsonRows } from "../log/changes.ts";
import { readableMetadata, type Submit, type TurnSpec } from "../log/turn-record.ts";
import { mayDo, type Principal } from "../principal.ts";
import { Turn } from "../turn/turn.ts";
import type { Commit, Committer } from "./commit.ts";
import type { ConversationParts } from "./conversation-parts.ts";
import { type Acceptance, Replacements } from "./replacement.ts";
import type { TurnStarter } from "./run/turn-starter.ts";
import type { TurnStops } from "./stop/turn-stops.ts";
import type { TurnRemoval } from "./turn-removal.ts";

export interface SubmitterParts extends ConversationParts {
  readonly committer: Committer;
  readonly starter: TurnStarter;
  readonly removal: TurnRemoval;
  readonly turnStops: TurnStops;
  readonly files: RoomFiles;
  readonly addresses: FileAddresses;
}

export class Submitter {
  readonly #parts: SubmitterParts;
  readonly #replacements: Replacements;

  constructor(parts: SubmitterParts) {
    this.#parts = parts;
    this.#replacements = new Replacements(parts);
  }

  /**
   * Decides at once, and resolves when the decision may be told: when the turn is durable, or everything is that a refusal
   * rests on.
   */
  async submit(frame: Submit, by: Principal): Promise<Result<Acceptance, ErrorCode>> {
    const { journal, ports } = this.#parts;
    const decided = this.#decide(frame, by);
    const result = decided instanceof Promise ? await decided : decided;
    await journal.settled();
    if (!result.ok) ports.report({ name: "turn-refused", turnId: frame.turnId, code: result.error });
    return result;
  }

  #decide(frame: Submit, by: Principal): Result<Acceptance, ErrorCode> | Promise<Result<Acceptance, ErrorCode>> {
    const { turns } = this.#parts;
    const { position, tombstones } = turns;
    const asked = frame.original ?? frame;
    const print = fingerprint([asked.input, asked.provider ?? null, asked.model ?? null, asked.params ?? null]);
    const known = turns.get(frame.turnId);
    if (known !== undefined) return known.record.spec.fingerprint === print ? ok("known") : fail("turn-conflict");
    const pending = this.#replacements.get(frame.turnId);
    if (pending !== undefined) {
      if (pending.print !== print) return fail("turn-conflict");
      return pending.result.then((result) => (result.ok ? ok("known") : result));
    }
    if (frame.epoch !== undefined && position.isStale(frame.epoch)) return fail("turn-stale");
    if (tombstones.has(frame.turnId)) return fail("turn-stale");
    if (!this.#hasFiles(frame, by)) return fail("file-unknown");
    if (frame.replaces === undefined) {
      if (this.#isFull()) return fail("queue-full");
      this.#accept(frame, by, print, []);
      return ok("accepted");
    }
    const gone = this.#replacements.turnsFrom(frame.replaces);
    if (gone === undefined) return fail("turn-unknown");
    if (!mayReplace(by, gone)) return fail("forbidden");
    return this.#replacements.begin(frame, print, gone, (rest) => {
      // Whether there is a place, and each file, is decided again: the wait for the stops may have been long.
      if (!this.#hasFiles(frame, by)) return fail("file-unknown");
      if (this.#isFull(rest)) return fail("queue-full");
      this.#accept(frame, by, print, rest);
      return ok("accepted");
    });
  }

  /** Whether the room holds each uploaded file of the question, and its user may use them. */
  #hasFiles({ files = [] }: Submit, by: Principal): boolean {
    return files.every((id) => this.#parts.files.mayUse(id, by));
  }

  /** The room runs as many turns as it may and its queue is full, once the turns in `leaving` are gone. */
  #isFull(leaving: readonly Turn[] = []): boolean {
    const { turns, policy } = this.#parts;
    const stays = (turn: Turn) => !leaving.includes(turn);
    // A replacement that waits for its stops has a place already.
    const queued = turns.queue().filter(stays).length + this.#replacements.size;
    const mayStart = queued === 0 && turns.active().filter(stays).length < policy.maxActiveTurns;
    return !mayStart && queued >= policy.maxQueuedTurns;
  }

  #accept(frame: Submit, by: Principal, print: string, gone: readonly Turn[]): void {
    const { turns, committer, starter, ports, policy, files, addresses } = this.#parts;
    const commit = committer.begin();
    // Before turns go: the new question may hold a file of theirs.
    if (frame.files !== undefined) files.holdIn(commit, frame.files, frame.turnId);
    if (gone.length > 0) this.#remove(commit, by, gone);
    const now = ports.clock.now();
    const rows = jsonRows(frame.input);
    const contextRows = frame.context === undefined ? [] : jsonRows(frame.context);
    const seq = turns.position.nextSeq();
    const { provider, model, params, metadata, files: held } = frame;
    const shown = addresses.shown(frame.input);
    const shownRows = shown === frame.input ? rows : jsonRows(shown);
    const fileBytes = dataUrlBytes(frame.input) || undefined;
    const spec: TurnSpec = {
      id: frame.turnId,
      ordinal: turns.position.takeOrdinal(),
      author: by.sub,
      createdAt: now,
      queuedSeq: seq,
      fingerprint: print,
      inputBytes: (metadata === undefined ? shownRows : [...shownRows, JSON.stringify(metadata)]).reduce(
        (bytes, row) => bytes + utf8Length(row),
        0,
      ),
      inputRows: rows.length,
      ...(contextRows.length === 0 ? {} : { contextRows: contextRows.length }),
      onLeave: frame.onLeave ?? policy.orphanPolicy,
      ...defined({ fileBytes, files: held, provider, model, params, metadata }),
    };
    const turn = new Turn({ v: 1, spec, attempts: 0, resumes: 0 }, { state: "queued" }, frame.input);
    const queuePosition = turns.queue().length;
    turns.add(turn);
    commit.changes.turn(turn.record);
    commit.changes.input(spec.ordinal, rows);
    commit.changes.context(spec.ordinal, contextRows);
    committer.announce(commit, "queued", turn.id, {
      type: "turn-queued",
      seq,
      turnId: turn.id,
      input: shown,
      author: by.sub,
      createdAt: now,
      ...readableMetadata(spec),
      position: queuePosition,
      ...turns.eta(queuePosition, policy.maxActiveTurns),
    });
    commit.next.push(() => ports.report({ name: "turn-queued", turnId: turn.id, position: queuePosition }));
    starter.startNext(commit);
    committer.commit(commit);
  }

  #remove(commit: Commit, by: Principal, gone: readonly Turn[]): void {
    const { removal, ports, turns } = this.#parts;
    removal.replaceIn(commit, gone);
    const { epoch } = turns;
    const turnIds = gone.map(({ id }) => id);
    commit.next.push(() => ports.audit({ act: "replaced", by, epoch, turnIds }));
  }
}

/** Turns of other people are only removed by somebody who may clear the room. */
function mayReplace(by: Principal, gone: readonly Turn[]): boolean {
  return mayDo(by, "room-clear") || gone.every(({ record }) => record.spec.author === by.sub);
}
