/**
 * `npx node bench/micro/history.ts`: what a flush costs by the number of turns that the room keeps: the way of a token must not get dearer with the length of the
 * conversation (`docs/measurements.md`). A room with a history and one without are measured in turns, in one run.
 */
import { Delivery } from "../../party/core/delivery/delivery.ts";
import type { Reader } from "../../party/core/delivery/reader.ts";
import { LogPosition } from "../../party/core/log/log-position.ts";
import type { TurnRecord } from "../../party/core/log/turn-record.ts";
import { DEFAULT_POLICY } from "../../party/core/policy.ts";
import type { RoomSocket } from "../../party/core/ports.ts";
import { Turn } from "../../party/core/turn/turn.ts";
import { TurnList } from "../../party/core/turn/turn-list.ts";
import { median } from "../lib/stats.ts";

const tokens = 5_000;
const rounds = 41;
const liveId = "live";

const socket: RoomSocket = {
  transport: "websocket",
  isOpen: true,
  bufferedAmount: 0,
  pongedAt: undefined,
  attachment: undefined,
  maxAttachmentBytes: 0,
  attach: () => undefined,
  send: () => undefined,
  close: () => undefined,
};

function turnOf(id: string, ordinal: number, isSettled: boolean): Turn {
  const start = { seq: ordinal };
  const record = { v: 1, spec: { id, ordinal }, start, attempts: 1, resumes: 0, ...(isSettled ? { end: start } : {}) };
  const phase = { state: isSettled ? "settled" : "streaming" };
  return new Turn(record as unknown as TurnRecord, phase as Turn["phase"]);
}

/** CPU time of a flush in microseconds, which a busy machine changes less than the clock's, to `tabs` readers while a room keeps `kept` turns. */
function flushUs(tabs: number, kept: number): number {
  const turns = new TurnList(new LogPosition(() => "e"));
  for (let count = 0; count < kept; count += 1) turns.add(turnOf(`kept-${count}`, count, true));
  const live = turnOf(liveId, kept, false);
  turns.add(live);
  const events = {
    onBehind: () => undefined,
    onSlow: () => undefined,
    onCheckDue: () => true,
    onOver: () => undefined,
  };
  const clock = { now: () => 0, elapsed: () => 0, after: () => ({ cancel: () => undefined }) };
  const delivery = new Delivery(turns, events, clock, DEFAULT_POLICY);
  for (let tab = 0; tab < tabs; tab += 1) {
    const cursor = { epoch: "e", seq: 0, offsets: new Map([[liveId, 0]]) };
    const reader: Reader = {
      socket: { ...socket },
      cursor,
      only: undefined,
      isSyncing: false,
      stateSeen: 0,
      checkAt: Number.POSITIVE_INFINITY,
    };
    delivery.add(reader);
  }
  const before = process.cpuUsage();
  for (let token = 0; token < tokens; token += 1) {
    live.answer?.take({ parts: [{ type: "text-delta", delta: "token " }] }, DEFAULT_POLICY.maxTurnLength);
    delivery.flush();
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / tokens;
}

for (const tabs of [20, 200]) {
  const without: number[] = [];
  const withHistory: number[] = [];
  for (let round = -2; round < rounds; round += 1) {
    // Each goes first in every other round: what runs later may find the code warmer.
    const isBareFirst = round % 2 === 0;
    const first = flushUs(tabs, isBareFirst ? 0 : 1_000);
    const second = flushUs(tabs, isBareFirst ? 1_000 : 0);
    if (round < 0) continue;
    without.push(isBareFirst ? first : second);
    withHistory.push(isBareFirst ? second : first);
  }
  const [bare, full] = [median(without), median(withHistory)];
  const ratio = median(withHistory.map((us, round) => us / (without[round] ?? Number.NaN)));
  console.log(
    `flush to ${tabs} tabs: ${bare.toFixed(1)} µs without kept turns, ${full.toFixed(1)} µs with 1,000, ` +
      `ratio ${ratio.toFixed(2)} (median of ${rounds} pairs)`,
  );
}
