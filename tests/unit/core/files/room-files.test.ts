/** Tests what a room decides about uploaded files (F8): who may have how many, and when their bytes go. */
import { describe, expect, test } from "vitest";
import type { FileCall, FileReply } from "../../../../party/core/files/file-calls.ts";
import { uploadDeadlineMs } from "../../../../party/core/files/room-files.ts";
import type { RoomPolicy } from "../../../../party/core/policy.ts";
import type { Principal } from "../../../../party/core/principal.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { ANYONE, buildRoom, FakeFileStore, type Room } from "../../../support/core/room-harness.ts";

const alice: Principal = { ...ANYONE, sub: "alice", tokenId: "a" };
const bob: Principal = { ...ANYONE, sub: "bob", tokenId: "b" };
const png = { origin: "https://chat.example.com", mediaType: "image/png", bytes: 1_000 };

async function buildWith(policy: Partial<RoomPolicy> = {}) {
  const store = new FakeFileStore();
  const room = await buildRoom({ files: store, policy });
  return { store, room };
}

const call = (room: Room, asked: FileCall): Promise<FileReply> => room.core.handleFile(asked);

/** An upload whose bytes arrive. */
async function upload(
  room: Room,
  store: FakeFileStore,
  by: Principal,
  more: Partial<typeof png> & { upload?: string } = {},
) {
  const reserved = await call(room, { kind: "reserve", by, upload: { ...png, ...more } });
  if (!reserved.ok || reserved.value.kind !== "upload") return reserved;
  store.held.add(reserved.value.id);
  return call(room, { kind: "stored", id: reserved.value.id });
}

async function idOf(reply: Promise<FileReply>): Promise<string> {
  const { ok, value } = (await reply) as FileReply & { ok: true };
  if (!ok || value.kind === "done") throw new Error("no file");
  return value.kind === "file" ? value.file.id : value.id;
}

const refusal = async (reply: Promise<FileReply>) => {
  const answer = await reply;
  return answer.ok ? undefined : answer.error.code;
};

describe("[F8] an upload into a room", () => {
  test("becomes a file with a signed address, and the act is in the audit log", async () => {
    const { room, store } = await buildWith();
    const reply = await upload(room, store, alice, { upload: "u1" });
    expect(reply).toMatchObject({ ok: true, value: { kind: "file", file: { mediaType: "image/png", bytes: 1_000 } } });
    expect(room.acts).toContainEqual({ act: "uploaded", by: "alice", fileId: expect.any(String) });
  });

  test("is the same file when the same user sends it again, and another one from another user", async () => {
    const { room, store } = await buildWith();
    const first = await idOf(upload(room, store, alice, { upload: "u1" }));
    expect(await idOf(call(room, { kind: "reserve", by: alice, upload: { ...png, upload: "u1" } }))).toBe(first);
    expect(await idOf(upload(room, store, bob, { upload: "u1" }))).not.toBe(first);
  });

  test("is refused with file-conflict under the id of another file", async () => {
    const { room, store } = await buildWith();
    await upload(room, store, alice, { upload: "u1" });
    for (const other of [{ bytes: 7 }, { mediaType: "image/gif" }, { filename: "b.png" }]) {
      const again = call(room, { kind: "reserve", by: alice, upload: { ...png, upload: "u1", ...other } });
      expect(await refusal(again)).toBe("file-conflict");
    }
  });

  test("is kept when an earlier attempt breaks off", async () => {
    const { room } = await buildWith();
    const reserve: FileCall = { kind: "reserve", by: alice, upload: { ...png, upload: "u1" } };
    const id = await idOf(call(room, reserve));
    expect(await call(room, reserve)).toEqual({ ok: true, value: { kind: "upload", id, attempt: 2 } });
    await call(room, { kind: "release", id, attempt: 1 });
    expect(await call(room, { kind: "stored", id })).toMatchObject({ ok: true, value: { kind: "file" } });
  });

  test("leaves nothing when it breaks off", async () => {
    const { room, store } = await buildWith();
    const id = await idOf(call(room, { kind: "reserve", by: alice, upload: png }));
    store.held.add(id);
    await call(room, { kind: "release", id, attempt: 1 });
    expect(await refusal(call(room, { kind: "stored", id }))).toBe("file-unknown");
    await room.advance(uploadDeadlineMs);
    expect([...store.held]).toEqual([]);
    expect(room.storage.keys).toEqual([]);
  });

  test("that the Worker never ends is given up after its deadline, also across a sleep", async () => {
    const { room, store } = await buildWith();
    const id = await idOf(call(room, { kind: "reserve", by: alice, upload: png }));
    store.held.add(id);
    await room.evict();
    await room.advance(uploadDeadlineMs);
    expect([...store.held]).toEqual([]);
    expect(room.storage.keys).toEqual([]);
  });

  test("needs the scope to write, and reading needs the scope to read", async () => {
    const { room, store } = await buildWith();
    const reader: Principal = { ...bob, scopes: ["read"] };
    const writer: Principal = { ...alice, scopes: ["write"] };
    expect(await refusal(call(room, { kind: "reserve", by: reader, upload: png }))).toBe("forbidden");
    const id = await idOf(upload(room, store, writer));
    expect(await refusal(call(room, { kind: "read", by: { ...bob, scopes: ["write"] }, id }))).toBe("forbidden");
    expect(await refusal(call(room, { kind: "read", by: writer, id }))).toBeUndefined();
    expect(await refusal(call(room, { kind: "discard", by: reader, id }))).toBe("forbidden");
  });
});

describe("[F8] a file that no question uses", () => {
  test("is its uploader's alone", async () => {
    const { room, store } = await buildWith();
    const id = await idOf(upload(room, store, alice));
    for (const kind of ["read", "discard"] as const) {
      expect(await refusal(call(room, { kind, by: bob, id }))).toBe("file-unknown");
    }
    expect(await refusal(call(room, { kind: "read", by: alice, id }))).toBeUndefined();
  });

  test("goes after the grace period, with its bytes, and the room leaves nothing behind", async () => {
    const { room, store } = await buildWith({ unusedFileMs: 60_000 });
    await upload(room, store, alice);
    await room.evict();
    await room.advance(59_000);
    expect(store.held.size).toBe(1);
    await room.advance(1_000);
    expect(store.held.size).toBe(0);
    expect(room.storage.keys).toEqual([]);
  });

  test("goes when its uploader discards it", async () => {
    const { room, store } = await buildWith();
    const id = await idOf(upload(room, store, alice));
    expect(await call(room, { kind: "discard", by: alice, id })).toEqual({ ok: true, value: { kind: "done" } });
    await settled();
    expect(store.held.size).toBe(0);
    expect(await refusal(call(room, { kind: "read", by: alice, id }))).toBe("file-unknown");
  });
});

describe("[F8] the number and size of a room's files", () => {
  test("is bounded: an upload beyond it is too-many-files, and stores nothing", async () => {
    const { room, store } = await buildWith({ roomFiles: 2, roomFileBytes: 2_500 });
    await upload(room, store, ANYONE);
    expect(await refusal(upload(room, store, ANYONE, { bytes: 1_501 }))).toBe("too-many-files");
    await upload(room, store, ANYONE);
    expect(await refusal(upload(room, store, ANYONE, { bytes: 1 }))).toBe("too-many-files");
    expect(store.held.size).toBe(2);
  });

  test("leaves a place for others, whatever one user uploads", async () => {
    const { room, store } = await buildWith({ roomFiles: 4 });
    for (let n = 0; n < 3; n += 1) await upload(room, store, alice);
    expect(await refusal(upload(room, store, alice))).toBe("too-many-files");
    expect(await refusal(upload(room, store, bob))).toBeUndefined();
  });

  test("counts uploads that are under way, and gives the place back when one breaks off", async () => {
    const { room, store } = await buildWith({ roomFiles: 1 });
    const id = await idOf(call(room, { kind: "reserve", by: ANYONE, upload: png }));
    expect(await refusal(upload(room, store, ANYONE))).toBe("too-many-files");
    await call(room, { kind: "release", id, attempt: 1 });
    expect(await refusal(upload(room, store, ANYONE))).toBeUndefined();
  });
});

describe("[F8] bytes that must go", () => {
  test("are deleted before an erasure is answered", async () => {
    const { room, store } = await buildWith();
    await upload(room, store, alice);
    await room.core.requests.erase(alice);
    expect(store.held.size).toBe(0);
    await settled();
    expect(room.storage.keys).toEqual([]);
  });

  test("are deleted later where the store is down, and only their ids are kept until then", async () => {
    const { room, store } = await buildWith();
    const id = await idOf(upload(room, store, alice));
    store.isDown = true;
    await room.core.requests.erase(alice);
    expect(room.events).toContainEqual({ name: "files-undeleted", files: 1, cause: expect.any(Error) });
    await settled();
    expect(room.storage.keys).toEqual(["agenda", "room", `trash/${id}`]);
    await room.evict();
    store.isDown = false;
    await room.advance(61_000);
    expect(store.held.size).toBe(0);
    expect(room.storage.keys).toEqual([]);
  });

  test("are asked for ever more rarely while the store is down", async () => {
    const { room, store } = await buildWith();
    const id = await idOf(upload(room, store, alice));
    store.isDown = true;
    await call(room, { kind: "discard", by: alice, id });
    await room.advance(24 * 3_600_000);
    expect(store.deletes).toBeGreaterThan(20);
    expect(store.deletes).toBeLessThan(40);
  });

  test("of an upload that an erasure overtakes are refused, and deleted once they can't arrive any more", async () => {
    const { room, store } = await buildWith();
    const id = await idOf(call(room, { kind: "reserve", by: alice, upload: png }));
    await room.core.requests.erase(alice);
    store.held.add(id);
    expect(await refusal(call(room, { kind: "stored", id }))).toBe("file-unknown");
    await room.advance(uploadDeadlineMs);
    expect(store.held.size).toBe(0);
    expect(room.storage.keys).toEqual([]);
  });
});
