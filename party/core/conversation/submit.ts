/**
 * Accepts what is submitted: a new turn, a repetition, a conflict, or a question of a conversation that is gone (T1), within
 * the bound of the queue (Q3). A submit that replaces turns is `replacement.ts`.
 */
import { defined } from "../../../shared/defined.ts";
import { fingerprint } from "../../../shared/fingerprint.ts";
import { answersIn, callIdOf } from "../../../shared/open-calls.ts";
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
import { type Judgement, judgeAnswers } from "./call-answers.ts";
import type { Commit, Committer } from "./commit.ts";
import type { ConversationParts } from "./conversation-parts.ts";
import { type Acceptance, Replacements } from "./replacement.ts";
import type { TurnStarter } from "./run/turn-starter.ts";
import type { TurnStops } from "./stop/turn-stops.ts";
import type { TurnRemoval } from "./turn-removal.ts";
import { openFinishReason, type TurnSettler } from "./turn-settler.ts";

export interface SubmitterParts extends ConversationParts {
  readonly committer: Committer;
  readonly starter: TurnStarter;
  readonly removal: TurnRemoval;
  readonly turnStops: TurnStops;
  readonly files: RoomFiles;
  readonly addresses: FileAddresses;
  readonly settler: TurnSettler;
}

type NewAnswers = Extract<Judgement, { kind: "new" }>;

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
    const { continues = [] } = frame;
    const { input, provider = null, model = null, params = null } = frame.original ?? frame;
    const print = fingerprint([input, provider, model, params].concat(continues));
    const known = turns.get(frame.turnId);
    if (known !== undefined) return known.record.spec.fingerprint === print ? ok("known") : fail("turn-conflict");
    const pending = this.#replacements.get(frame.turnId);
    if (pending !== undefined) {
      if (pending.print !== print) return fail("turn-conflict");
      return pending.result.then((result) => (result.ok ? ok("known") : result));
    }
    if (frame.epoch !== undefined && position.isStale(frame.epoch)) return fail("turn-stale");
    if (tombstones.has(frame.turnId)) return fail("turn-stale");
    if (frame.replaces === undefined) return this.#enter(frame, by, print, []);
    const gone = this.#replacements.turnsFrom(frame.replaces);
    if (gone === undefined) return fail("turn-unknown");
    if (!mayReplace(by, gone)) return fail("forbidden");
    // What it answers, its files and whether there is a place are decided after the wait for the stops, which may be long.
    return this.#replacements.begin(frame, print, gone, (rest) => this.#enter(frame, by, print, rest));
  }

  /** @param gone turns that leave as this one comes. */
  #enter(frame: Submit, by: Principal, print: string, gone: readonly Turn[]): Result<Acceptance, ErrorCode> {
    if (!this.#hasFiles(frame, by)) return fail("file-unknown");
    const judged = this.#judge(frame, gone);
    if (!judged.ok) return judged;
    const answer = judged.value;
    if (answer?.kind === "known") return ok({ answeredBy: answer.turnId });
    // Answers that leave others open call nobody, so they need no place.
    const isCalling = answer === undefined || answer.left.length === 0;
    if (isCalling && this.#isFull(gone)) return fail("queue-full");
    this.#accept(frame, by, print, gone, answer);
    return ok("accepted");
  }

  /** What the answers of a submit are; undefined for a question. */
  #judge({ input, continues }: Submit, gone: readonly Turn[]): Result<Judgement | undefined, ErrorCode> {
    if (continues === undefined) return ok(undefined);
    const { turns, ports } = this.#parts;
    const stay = turns.all().filter((turn) => !gone.includes(turn));
    return judgeAnswers(continues, answersIn(input), stay, ports.clock.now());
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

  #accept(frame: Submit, by: Principal, print: string, gone: readonly Turn[], answer?: NewAnswers): void {
    const { turns, committer, starter, settler, ports, policy, files, addresses } = this.#parts;
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
    const continues = answer?.messageId;
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
      ...defined({ continues, answered: answer?.answered, fileBytes, files: held, provider, model, params, metadata }),
      ...defined({ regenerates: regeneratedBy(frame, print, gone[0]) }),
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
      ...defined({ continues }),
      author: by.sub,
      createdAt: now,
      ...readableMetadata(spec),
      position: queuePosition,
      ...turns.eta(queuePosition, policy.maxActiveTurns),
    });
    commit.next.push(() => ports.report({ name: "turn-queued", turnId: turn.id, position: queuePosition }));
    if (answer !== undefined) this.#audit(commit, turn, answer, by);
    const { left = [], head } = answer ?? {};
    if (left.length > 0) {
      const { openUntil } = head?.record.end ?? {};
      const ending = {
        outcome: "completed",
        finishReason: openFinishReason,
        open: left,
        ...defined({ openUntil }),
      } as const;
      settler.settleIn(commit, turn, ending, false);
    }
    starter.startNext(commit);
    committer.commit(commit);
  }

  /** Who answered what: ids and decisions, and nothing of the conversation. */
  #audit(commit: Commit, turn: Turn, { messageId }: NewAnswers, by: Principal): void {
    const { turns, ports } = this.#parts;
    const { epoch } = turns;
    const answers = answersIn(turn.input).map((answer) => ({
      kind: answer.type,
      callId: callIdOf(answer),
      ...(answer.type === "approval" ? { approved: answer.approved } : {}),
    }));
    commit.next.push(() => ports.audit({ act: "answered", by, epoch, turnId: turn.id, continues: messageId, answers }));
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

/** The id of the answer that is given again: the upstream's own where it named one. Undefined where another question is asked. */
function regeneratedBy({ input }: Submit, print: string, replaced: Turn | undefined): string | undefined {
  if (replaced === undefined) return undefined;
  const isSame =
    replaced.record.spec.fingerprint === print ||
    (replaced.input !== undefined && JSON.stringify(replaced.input) === JSON.stringify(input));
  return isSame ? (replaced.record.upstream?.messageId ?? replaced.id) : undefined;
}
