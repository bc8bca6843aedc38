/**
 * The conversation of one room: it puts its parts together and is what the room asks. Each part is a file of this folder;
 * the turns themselves are in `turn/turn-list.ts`. It knows no sockets: changes go to the delivery, each durable first.
 */
import type { Have } from "../../../shared/protocol/client-frames.ts";
import type { ErrorCode } from "../../../shared/protocol/errors.ts";
import type { Result } from "../../../shared/result.ts";
import { Delivery, type DeliveryEvents } from "../delivery/delivery.ts";
import { FileAddresses } from "../files/file-addresses.ts";
import { RoomFiles } from "../files/room-files.ts";
import { Agenda } from "../log/agenda.ts";
import { Journal } from "../log/journal.ts";
import { LogPosition } from "../log/log-position.ts";
import { LogReader } from "../log/log-reader.ts";
import type { Submit } from "../log/turn-record.ts";
import type { RoomPolicy } from "../policy.ts";
import type { RoomPorts } from "../ports.ts";
import type { Principal } from "../principal.ts";
import type { Turn } from "../turn/turn.ts";
import { TurnList } from "../turn/turn-list.ts";
import { TurnTexts } from "../turn/turn-texts.ts";
import { AlarmRound } from "./alarm-round.ts";
import { type CommitEvents, Committer } from "./commit.ts";
import type { ConversationParts } from "./conversation-parts.ts";
import { Recovery } from "./recovery.ts";
import type { Acceptance } from "./replacement.ts";
import { type RemovalEvents, RoomRemoval } from "./room-removal.ts";
import { LogWriter } from "./run/log-writer.ts";
import { TurnRunner } from "./run/turn-runner.ts";
import { TurnStarter } from "./run/turn-starter.ts";
import { TurnWaits } from "./run/turn-waits.ts";
import { Orphans, type OrphansEvents } from "./stop/orphans.ts";
import { TurnStops } from "./stop/turn-stops.ts";
import { UpstreamStops } from "./stop/upstream-stops.ts";
import { Submitter } from "./submit.ts";
import { TurnRemoval } from "./turn-removal.ts";
import { TurnSettler } from "./turn-settler.ts";

/** What the room learns from its conversation, and is asked by it. */
export interface ConversationEvents extends DeliveryEvents, CommitEvents, RemovalEvents, OrphansEvents {}

export class Conversation {
  readonly turns: TurnList;
  readonly texts: TurnTexts;
  readonly journal: Journal;
  readonly delivery: Delivery;
  readonly files: RoomFiles;
  readonly addresses: FileAddresses;
  readonly #agenda = new Agenda();
  readonly #life: AbortController;
  readonly #committer: Committer;
  readonly #starter: TurnStarter;
  readonly #submitter: Submitter;
  readonly #turnStops: TurnStops;
  readonly #recovery: Recovery;
  readonly #orphans: Orphans;
  readonly #removal: RoomRemoval;
  readonly #alarmRound: AlarmRound;

  /** @param life aborts when this life of the room is over: nothing is written, sent or waited for any more. */
  constructor(room: string, ports: RoomPorts, policy: RoomPolicy, events: ConversationEvents, life: AbortController) {
    this.#life = life;
    const log = new LogReader(ports.storage);
    this.turns = new TurnList(new LogPosition(ports.newId));
    this.texts = new TurnTexts(this.turns, log);
    this.delivery = new Delivery(this.turns, events, ports.clock, policy);
    this.journal = new Journal(ports.storage, (error) => {
      ports.report({ name: "room-broken", cause: error });
      life.abort();
      ports.onBroken(error);
    });
    const { turns, texts, delivery, journal } = this;
    const shared: ConversationParts = {
      ...{ ports, policy, turns, texts, log, journal, delivery },
      agenda: this.#agenda,
      life: life.signal,
    };
    const committer = new Committer(shared, events);
    this.files = new RoomFiles({ ...shared, committer });
    this.addresses = new FileAddresses(room, this.files, ports);
    const { files, addresses } = this;
    const writer = new LogWriter(shared, committer, events);
    const waits = new TurnWaits(shared, writer);
    const stops = new UpstreamStops(shared, committer);
    const runner = new TurnRunner(
      { ...shared, writer, waits, addresses },
      { onRunEnd: (turn, ending, mustStop) => settler.settle(turn, ending, mustStop) },
    );
    const starter = new TurnStarter(shared, committer, runner);
    const settler = new TurnSettler({ ...shared, committer, writer, waits, stops, starter });
    const turnStops = new TurnStops({ ...shared, committer, settler, stops });
    const removal = new TurnRemoval({ ...shared, committer, waits, files });
    const parts = {
      ...shared,
      committer,
      starter,
      settler,
      removal,
      turnStops,
      stops,
      waits,
      runner,
      files,
      addresses,
    };
    this.#committer = committer;
    this.#starter = starter;
    this.#turnStops = turnStops;
    this.#submitter = new Submitter(parts);
    this.#recovery = new Recovery(parts);
    this.#orphans = new Orphans(parts, events);
    this.#removal = new RoomRemoval(parts, events);
    this.#alarmRound = new AlarmRound({ ...parts, orphans: this.#orphans, roomRemoval: this.#removal }, events);
    life.signal.addEventListener("abort", () => ports.limiter.close?.(), { once: true });
    life.signal.addEventListener("abort", () => this.#end(), { once: true });
  }

  get epoch(): string {
    return this.turns.epoch;
  }
  get seq(): number {
    return this.turns.seq;
  }
  get floor(): number {
    return this.turns.floor;
  }

  turn(id: string): Turn | undefined {
    return this.turns.get(id);
  }

  /** This life of the room is over: nothing that is waited for will come. */
  get isClosed(): boolean {
    return this.#life.signal.aborted;
  }

  /** Whether the room never accepted a turn and owes no upstream a stop: it stores nothing then (F4). */
  get isPristine(): boolean {
    return this.#committer.isPristine;
  }

  /** Reads everything from storage and decides what becomes of each unsettled turn (T5). Calls nobody. */
  load(): Promise<void> {
    return this.#recovery.load();
  }

  /** Takes up the work that storage says is unfinished. Called once, when the room may be served. */
  recover(): void {
    this.#recovery.recover();
  }

  /** A reader says what it has: see `LogPosition`. */
  recognize(have: Have | undefined): void {
    this.turns.position.recognize(have);
  }

  /** Accepts a turn, or refuses it. Resolves when that may be told. */
  submit(frame: Submit, by: Principal): Promise<Result<Acceptance, ErrorCode>> {
    return this.#submitter.submit(frame, by);
  }

  /** Stops a turn (T3). Resolves when the intent is durable; `Turn.ended` resolves when the turn has settled. */
  cancel(turnId: string): Promise<Result<Turn, ErrorCode>> {
    return this.#turnStops.cancel(turnId);
  }

  /** Removes all turns and begins a new epoch. Resolves when that is durable. */
  clear(): Promise<void> {
    return this.#removal.clear();
  }

  /** Removes all turns and deletes everything stored. Resolves when it is gone and what ran has been asked to stop. */
  erase(): Promise<void> {
    return this.#removal.erase();
  }

  /** Starts no turn for a while. */
  drain(): void {
    if (this.isPristine) return;
    this.#starter.drain();
    this.#commit();
  }

  /**
   * Sets the alarm for `at` at the latest, also in a room that never accepted a turn: to close sessions that were asked to
   * leave, and to remove stored tickets.
   */
  wakeAt(name: "away" | "tickets", at: number): void {
    if (this.#agenda.set(name, at)) this.#commit();
  }

  /** Viewers came or went: begins or ends the grace after which turns that nobody watches are stopped (T4). */
  viewersChanged(): void {
    this.#orphans.update();
  }

  /** The alarm rang. */
  tick(): Promise<void> {
    return this.#alarmRound.run();
  }

  /** Ends this life of the room: timers, waits and calls to the upstream stop, storage stays as it is. */
  close(): void {
    this.#life.abort();
  }

  #commit(): void {
    this.#committer.commit(this.#committer.begin());
  }

  #end(): void {
    this.delivery.close();
    for (const turn of this.turns) turn.abandon();
  }
}
