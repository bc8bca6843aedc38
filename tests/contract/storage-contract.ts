/**
 * What the core needs of its storage. It runs over the fake in memory and over a real Durable Object's storage: a fake that
 * passes is a fake the other tests may trust.
 */
import { expect, test } from "vitest";
import { Changes, jsonRows, textRows } from "../../party/core/log/changes.ts";
import { LogReader } from "../../party/core/log/log-reader.ts";
import { rowUnits } from "../../party/core/log/storage-schema.ts";
import type { TurnRecord } from "../../party/core/log/turn-record.ts";
import type { RoomStorage, StorageChanges } from "../../party/core/ports.ts";
import { isText, type Part, sliceParts } from "../../shared/content.ts";

/** Runs `body` with a storage that is empty at first. */
export type WithStorage = (body: (storage: RoomStorage) => Promise<void>) => Promise<void>;

function changes(put: Record<string, unknown>, deleted: readonly string[] = []): StorageChanges {
  return { put: new Map(Object.entries(put)), delete: deleted };
}

function record(ordinal: number, id = `t${ordinal}`): TurnRecord {
  const spec = {
    id,
    ordinal,
    author: "a",
    createdAt: 1,
    queuedSeq: ordinal + 1,
    fingerprint: "f",
    inputBytes: 10,
    inputRows: 1,
    onLeave: "cancel" as const,
  };
  return { v: 1, spec, attempts: 0, resumes: 0 };
}

export function storageContract(withStorage: WithStorage): void {
  const over = (body: (storage: RoomStorage) => Promise<void>) => () => withStorage(body);

  test(
    "a commit's puts and deletes are seen together, in key order under a prefix",
    over(async (storage) => {
      await storage.commit(changes({ "a/2": 2, "a/1": 1, "b/1": 3 }));
      await storage.commit(changes({ "a/3": 4 }, ["a/1"]));
      expect([...(await storage.list({ prefix: "a/" }))]).toEqual([
        ["a/2", 2],
        ["a/3", 4],
      ]);
      expect([...(await storage.get(["b/1", "nothing"]))]).toEqual([["b/1", 3]]);
      expect([...(await storage.list({ prefix: "a/", limit: 1 }))]).toEqual([["a/2", 2]]);
    }),
  );

  test(
    "an append is seen at once, and later writes never come before it",
    over(async (storage) => {
      const appended = storage.append(new Map([["row", "first"]]));
      const committed = storage.commit(changes({ row: "second" }));
      await Promise.all([appended, committed]);
      expect((await storage.get(["row"])).get("row")).toBe("second");
    }),
  );

  test(
    "takes more keys in one commit than one call of the platform does",
    over(async (storage) => {
      const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k/${1000 + index}`, index]));
      await storage.commit(changes(many));
      expect((await storage.list({ prefix: "k/" })).size).toBe(300);
      await storage.commit(changes({}, Object.keys(many)));
      expect((await storage.list({ prefix: "k/" })).size).toBe(0);
    }),
  );

  test(
    "deleteAll leaves nothing",
    over(async (storage) => {
      await storage.commit(changes({ a: 1 }));
      await storage.setAlarm(Date.now() + 3_600_000);
      await storage.deleteAll();
      expect((await storage.list({ prefix: "" })).size).toBe(0);
    }),
  );

  test(
    "the log gives back exactly what was written, whatever the text and its length",
    over(async (storage) => {
      const log = new LogReader(storage);
      const parts: Part[] = [
        { type: "text-delta", delta: `${"長い😀".repeat(9_000)}` },
        {
          type: "tool-output-available",
          toolCallId: "c",
          toolName: "t",
          output: { big: "x".repeat(30_000) },
          providerExecuted: true,
        },
        { type: "reasoning-delta", delta: "hm" },
        { type: "text-delta", delta: "end" },
      ];
      const input = { prompt: "長".repeat(20_000) };
      const commit = new Changes();
      commit.turn(record(0));
      commit.input(0, jsonRows(input));
      const cut = 17_000;
      const first = textRows(0, sliceParts(parts, 0, cut), { eventId: "7", offset: cut });
      commit.text(0, 0, first);
      await storage.commit(commit);
      const rest = new Changes();
      rest.text(0, first.length, textRows(cut, sliceParts(parts, cut), { eventId: "9", offset: 36_006 }));
      await storage.append(rest.put);
      const text = await log.readText(0);
      expect(text.mark).toEqual({ eventId: "9", offset: 36_006 });
      const joined = text.parts.map((part) => (isText(part) ? part.delta : `<${part.type}>`)).join("");
      expect(joined).toBe(`${"長い😀".repeat(9_000)}<tool-output-available>hmend`);
      expect(await log.readInput(0)).toEqual(input);
      expect(text.rows).toBeGreaterThan(36_000 / rowUnits);
    }),
  );

  test(
    "the log loads turns in order, with the room and the agenda; removing one removes all of it",
    over(async (storage) => {
      const log = new LogReader(storage);
      expect(await log.load()).toEqual({ room: undefined, turns: [], tombstones: new Map(), agenda: {} });
      const commit = new Changes();
      for (const ordinal of [11, 2, 1]) {
        commit.turn(record(ordinal));
        commit.input(ordinal, jsonRows({ prompt: "p" }));
        commit.text(ordinal, 0, textRows(0, [{ type: "text-delta", delta: "t" }], undefined));
      }
      commit.agenda({ watchdog: 5 });
      commit.tombstone("gone", { v: 1, at: 3, removed: { epoch: "e", seq: 2 } });
      commit.room({ v: 1, epoch: "e", seq: 3, floor: 0, nextOrdinal: 12, lastActiveAt: 1 });
      await storage.commit(commit);
      const stored = await log.load();
      expect(stored.turns.map(({ spec }) => spec.ordinal)).toEqual([1, 2, 11]);
      expect(stored.agenda).toEqual({ watchdog: 5 });
      expect([...stored.tombstones]).toEqual([["gone", { v: 1, at: 3, removed: { epoch: "e", seq: 2 } }]]);
      expect(stored.room).toMatchObject({ epoch: "e", seq: 3 });
      const removal = new Changes();
      removal.removeTurn(record(2), 1);
      await storage.commit(removal);
      for (const prefix of ["turn/", "input/", "text/"]) expect((await storage.list({ prefix })).size).toBe(2);
    }),
  );
}
