/** What a contender is to the bench: something that carries one backend's answers to tabs. One file each. */
import type { Recorder } from "../lib/recorder.ts";
import type { Order } from "../upstream/order.ts";

/** What a scenario may need and a contender may lack. */
export type Ability =
  /** Its process does nothing but carry tokens: its CPU and memory can be told from the backend's. */
  | "own-process"
  /** Several tabs see one answer. */
  | "rooms"
  /** A tab that lost its connection gets what it missed. */
  | "resume"
  /** An idle room leaves memory while its sockets stay. */
  | "hibernation"
  /** It keeps what it carried. */
  | "storage"
  /** Each token comes when it is there. */
  | "live";

export interface Contender {
  readonly id: string;
  readonly label: string;
  /** One sentence: what a token goes through. */
  readonly about: string;
  /** Whether it is this project's own. */
  readonly isOurs?: true;
  /** What it has not, and why not: shown as n/a with the reason. */
  readonly lacks: Partial<Record<Ability, string>>;
  start(run: RunFolder): Promise<Serving>;
}

export interface RunFolder {
  /** The backend's base URL. */
  readonly upstream: string;
  readonly upstreamPid: number;
  /** A folder of this run alone. */
  readonly folder: string;
}

export interface Serving {
  /** The process whose CPU and memory count. */
  readonly pid: number;
  /** Where its objects' databases are; undefined where it stores nothing. */
  readonly storage: string | undefined;
  /** Of its inspector, when one was asked for. */
  readonly inspector: string | undefined;
  /** A tab in the room, connected and greeted. What it receives goes to the recorder. */
  open(room: string, recorder: Recorder): Promise<Tab>;
  stop(): Promise<void>;
}

export interface Tab {
  /** Asks for an answer; everyone in the room gets it. Resolves when the question is on its way. */
  ask(order: Order): Promise<void>;
  /** The connection goes away as a lost network's does. */
  drop(): Promise<void>;
  /** Connects again, and asks for what was missed where the contender can say so. Resolves when it is connected. */
  back(): Promise<void>;
  /** Leaves for good. */
  close(): Promise<void>;
}
