/** What the parts of a conversation share. Each part receives it once and reads what it needs. */
import type { Delivery } from "../delivery/delivery.ts";
import type { Agenda } from "../log/agenda.ts";
import type { Journal } from "../log/journal.ts";
import type { LogReader } from "../log/log-reader.ts";
import type { RoomPolicy } from "../policy.ts";
import type { RoomPorts } from "../ports.ts";
import type { TurnList } from "../turn/turn-list.ts";
import type { TurnTexts } from "../turn/turn-texts.ts";

export interface ConversationParts {
  readonly ports: RoomPorts;
  readonly policy: RoomPolicy;
  readonly turns: TurnList;
  readonly texts: TurnTexts;
  readonly log: LogReader;
  readonly journal: Journal;
  readonly agenda: Agenda;
  readonly delivery: Delivery;
  /** Aborts when this life of the room is over. */
  readonly life: AbortSignal;
}
