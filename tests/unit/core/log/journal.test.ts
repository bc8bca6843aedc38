/** The order in which commits become durable and are published, and what a failed write means. */
import { expect, test } from "vitest";
import { Journal } from "../../../../party/core/log/journal.ts";
import type { RoomStorage } from "../../../../party/core/ports.ts";
import { settled } from "../../../support/core/fake-clock.ts";

const nothing = { put: new Map(), delete: [] };

/** Storage whose commits the test resolves or rejects one by one. */
function scripted() {
  const writes: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const storage: Pick<RoomStorage, "commit" | "append" | "deleteAll"> = {
    commit: () => new Promise((resolve, reject) => writes.push({ resolve, reject })),
    append: () => Promise.reject(new Error("disk full")),
    deleteAll: () => Promise.resolve(),
  };
  const broken: unknown[] = [];
  const journal = new Journal(storage as RoomStorage, (error) => broken.push(error));
  return { journal, writes, broken };
}

test("publishes commits in the order in which they were made, whichever is durable first", async () => {
  const { journal, writes } = scripted();
  const published: string[] = [];
  void journal.commit(nothing, () => published.push("first"));
  void journal.commit(nothing, () => published.push("second"));
  writes[1]?.resolve();
  await settled();
  expect([published, journal.isBehind]).toEqual([[], true]);
  writes[0]?.resolve();
  await journal.settled();
  expect([published, journal.isBehind]).toEqual([["first", "second"], false]);
});

test("publishes nothing after a failed write, also no later commit that is durable", async () => {
  const { journal, writes, broken } = scripted();
  const published: string[] = [];
  void journal.commit(nothing, () => published.push("first"));
  void journal.commit(nothing, () => published.push("second"));
  writes[0]?.reject(new Error("disk full"));
  writes[1]?.resolve();
  await journal.settled();
  expect([published, journal.isBroken, broken.length]).toEqual([[], true, 1]);
});

test("publishes no commit that was durable when an append failed meanwhile", async () => {
  const { journal, writes, broken } = scripted();
  const published: string[] = [];
  void journal.commit(nothing, () => published.push("first"));
  journal.append(new Map());
  await settled();
  expect([journal.isBroken, broken.length]).toEqual([true, 1]);
  writes[0]?.resolve();
  await journal.settled();
  expect(published).toEqual([]);
});
