/** Tests uploads in the runtime itself, with the simulated R2 bucket of miniflare. */
import { env, evictDurableObject, runDurableObjectAlarm, runInDurableObject, SELF } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { type GatewayConfig, parseConfig } from "../../../party/config/settings.ts";
import type { AddressedFile } from "../../../party/core/files/file-calls.ts";
import { fileSealOf } from "../../../party/files/file-seal.ts";

const png = Uint8Array.from([
  0x89,
  0x50,
  0x4e,
  0x47,
  0x0d,
  0x0a,
  0x1a,
  0x0a,
  ...Array.from({ length: 2_000 }, (_, i) => i % 251),
]);

let rooms = 0;
const freshRoom = () => `files-${Date.now()}-${rooms++}`;

interface UploadOptions {
  readonly type?: string;
  readonly name?: string;
  readonly key?: string;
}

function upload(room: string, body: BodyInit, { type = "image/png", name, key }: UploadOptions = {}) {
  const headers: Record<string, string> = { "content-type": type };
  if (name !== undefined) headers["content-disposition"] = `attachment; filename*=UTF-8''${encodeURIComponent(name)}`;
  if (key !== undefined) headers["idempotency-key"] = key;
  return SELF.fetch(`http://localhost/parties/chat/${room}/files`, { method: "POST", body, headers });
}

async function uploaded(room: string, body: BodyInit = png, options: UploadOptions = {}): Promise<AddressedFile> {
  const response = await upload(room, body, options);
  expect(response.status, await response.clone().text()).toBeLessThan(300);
  return response.json();
}

async function problemOf(response: Response): Promise<{ status: number; code: string; detail: string }> {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  return response.json();
}

async function storedKeys(): Promise<string[]> {
  return (await env.FILES.list({ limit: 1_000 })).objects.map(({ key }) => key);
}

async function keysOf(room: string): Promise<string[]> {
  return (await storedKeys()).filter((key) => key.includes(`/${room}/`));
}

describe("[F8] an upload", () => {
  test("is stored, and answered with its id, type by content, name, size and a signed address that reads it", async () => {
    const room = freshRoom();
    const response = await upload(room, png, { type: "text/html", name: "katze ü.png" });
    expect(response.status).toBe(201);
    const file: AddressedFile = await response.json();
    expect(file).toMatchObject({ mediaType: "image/png", filename: "katze ü.png", bytes: png.byteLength });
    expect(response.headers.get("location")).toBe(`/parties/chat/${room}/files/${file.id}`);
    const read = await SELF.fetch(file.url);
    expect(read.status).toBe(200);
    expect(new Uint8Array(await read.arrayBuffer())).toEqual(png);
    expect(Object.fromEntries(read.headers)).toMatchObject({
      "content-type": "image/png",
      "content-disposition": `inline; filename="katze _.png"; filename*=UTF-8''katze%20%C3%BC.png`,
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
      "content-length": String(png.byteLength),
    });
  });

  test("is stored once, however often the same upload is sent", async () => {
    const room = freshRoom();
    const first = await uploaded(room, png, { key: "k1" });
    const again = await upload(room, png, { key: "k1" });
    expect(again.status).toBe(200);
    expect((await again.json<AddressedFile>()).id).toBe(first.id);
    expect(await keysOf(room)).toHaveLength(1);
    expect(await problemOf(await upload(room, png.slice(0, 100), { key: "k1" }))).toMatchObject({
      status: 409,
      code: "file-conflict",
    });
  });

  test("passes through as a stream, whole and in order", async () => {
    const room = freshRoom();
    const bytes = new Uint8Array(5_000_000);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = (at * 7) % 253;
    bytes.set(png);
    const { url } = await uploaded(room, bytes);
    const read = new Uint8Array(await (await SELF.fetch(url)).arrayBuffer());
    expect(read.byteLength).toBe(bytes.byteLength);
    expect(await digest(read)).toBe(await digest(bytes));
  });

  test("that is too large is refused by its length, with the limit", async () => {
    const room = freshRoom();
    const problem = await problemOf(await upload(room, new Uint8Array(20 * 1_048_576 + 1)));
    expect(problem).toMatchObject({ status: 413, code: "file-too-large", detail: expect.stringContaining("20971520") });
    expect(await keysOf(room)).toEqual([]);
  });

  test("of a type that isn't taken is refused by its content, whatever it is called", async () => {
    const exe = Uint8Array.from([0x4d, 0x5a, 0x90, 0, 3, 0, 0, 0]);
    expect(await problemOf(await upload(freshRoom(), exe, { type: "image/png", name: "a.png" }))).toMatchObject({
      status: 415,
      code: "file-type-refused",
      detail: expect.stringContaining("application/octet-stream"),
    });
  });

  test.each([
    ["without a body", "", {}, "bad-request"],
    ["with a wrong id", png, { key: "a b" }, "bad-request"],
    ["with a long id", png, { key: "k".repeat(65) }, "bad-request"],
  ])("%s is refused, and says what to do", async (_, body, options, code) => {
    expect(await problemOf(await upload(freshRoom(), body, options))).toMatchObject({
      code,
      detail: expect.any(String),
    });
  });

  test("whose body ends early stores nothing, and gives its place back", async () => {
    const room = freshRoom();
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const request = new Request(`http://localhost/parties/chat/${room}/files`, {
      method: "POST",
      body: readable,
      headers: { "content-type": "image/png", "content-length": "10000", "idempotency-key": "k1" },
    });
    const answer = SELF.fetch(request);
    const writer = writable.getWriter();
    await writer.write(png);
    await writer.abort(new Error("the phone is gone"));
    const response = await answer.catch(() => undefined);
    expect(response?.ok ?? false).toBe(false);
    expect(await keysOf(room)).toEqual([]);
    expect((await upload(room, png, { key: "k1" })).status).toBe(201);
  });

  test("by another method names the methods that there are", async () => {
    const response = await SELF.fetch(`http://localhost/parties/chat/${freshRoom()}/files`);
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
    const { url } = await uploaded(freshRoom());
    const put = await SELF.fetch(url, { method: "PUT", body: "x" });
    expect([put.status, put.headers.get("allow")]).toEqual([405, "GET, HEAD, DELETE"]);
  });
});

describe("[F8] reading a file", () => {
  test("answers HEAD, a range, and conditions", async () => {
    const { url } = await uploaded(freshRoom());
    const head = await SELF.fetch(url, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "2008", ""]);
    const etag = head.headers.get("etag") ?? "";
    const part = await SELF.fetch(url, { headers: { range: "bytes=8-17" } });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, "bytes 8-17/2008"]);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(png.slice(8, 18));
    const beyond = await SELF.fetch(url, { headers: { range: "bytes=5000-" } });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, "bytes */2008"]);
    const same = await SELF.fetch(url, { headers: { "if-none-match": etag } });
    expect([same.status, await same.text()]).toEqual([304, ""]);
    const changed = await SELF.fetch(url, { headers: { "if-match": '"other"' } });
    expect(changed.status).toBe(412);
  });

  test("of markup is a download that runs nothing", async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    const file = await uploaded(freshRoom(), svg, { type: "image/png", name: "a.svg" });
    expect(file.mediaType).toBe("image/svg+xml");
    const { headers } = await SELF.fetch(file.url);
    expect(headers.get("content-disposition")).toMatch(/^attachment; filename="a.svg"/);
    expect(headers.get("content-security-policy")).toContain("sandbox");
  });

  test("is open to an image on a page of another origin, and its script gets nothing", async () => {
    const { url } = await uploaded(freshRoom());
    const image = await SELF.fetch(url, { headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" } });
    expect([image.status, image.headers.get("cross-origin-resource-policy")]).toEqual([200, "cross-origin"]);
    const script = await SELF.fetch(url, { headers: { origin: "https://evil.example" } });
    expect(script.headers.get("access-control-allow-origin")).toBeNull();
  });

  test("with an address that has expired is file-expired", async () => {
    const room = freshRoom();
    const { id } = await uploaded(room);
    const seal = await fileSealOf(config());
    const old = await seal?.sign(room, id, "http://localhost", Date.now() - 10 * 3_600_000, 3_600_000);
    expect(await problemOf(await SELF.fetch(old?.url ?? ""))).toMatchObject({ status: 410, code: "file-expired" });
  });

  test("with an address of another room, of another file, or made up is file-unknown", async () => {
    const [room, other] = [freshRoom(), freshRoom()];
    const [file, theirs] = [await uploaded(room), await uploaded(other)];
    const addresses = [
      file.url.replace(room, other),
      file.url.replace(file.id, theirs.id),
      file.url.replace(/sig=.*/, "sig=AAAAAAAAAAAAAAAAAAAAAA"),
      `http://localhost/parties/chat/${room}/files/${theirs.id}`,
      `http://localhost/parties/chat/${room}/files/..%2f${other}%2f${theirs.id}`,
      `http://localhost/parties/chat/${room}/files/nothing-of-the-kind`,
    ];
    for (const address of addresses) {
      expect(await problemOf(await SELF.fetch(address)), address).toMatchObject({ status: 404, code: "file-unknown" });
    }
  });

  test("gives a member its facts and a fresh address as JSON", async () => {
    const room = freshRoom();
    const file = await uploaded(room);
    const path = `http://localhost/parties/chat/${room}/files/${file.id}`;
    const facts = await SELF.fetch(path, { headers: { accept: "application/json" } });
    expect(await facts.json()).toEqual(file);
    expect((await SELF.fetch(path)).headers.get("content-type")).toBe("image/png");
  });
});

describe("[F8] a question with an uploaded file", () => {
  const ask = (room: string, url: string) =>
    SELF.fetch(`http://localhost/parties/chat/${room}/turns`, {
      method: "POST",
      body: JSON.stringify({
        turnId: "t1",
        input: {
          parts: [
            { type: "text", text: "look" },
            { type: "file", mediaType: "image/png", url },
          ],
        },
      }),
    });

  test("shows readers an address that works, as a frame and as a message of the AI SDK", async () => {
    const room = freshRoom();
    const file = await uploaded(room);
    expect((await ask(room, file.url)).status).toBe(202);
    for (const path of [`/parties/chat/${room}`, `/parties/chat/${room}/turns`, `/api/chat/${room}/messages`]) {
      const text = await (await SELF.fetch(`http://localhost${path}`)).text();
      const [url = ""] = /http:[^"]*\/files\/[^"]*/.exec(text) ?? [];
      const read = await SELF.fetch(url);
      expect([path, read.status, read.headers.get("content-type")]).toEqual([path, 200, "image/png"]);
    }
    expect((await SELF.fetch(`http://localhost/parties/chat/${room}`, { method: "DELETE" })).status).toBe(204);
    expect(await keysOf(room)).toEqual([]);
  });

  test("is refused with a file of another room", async () => {
    const [room, other] = [freshRoom(), freshRoom()];
    expect(await problemOf(await ask(room, (await uploaded(other)).url))).toMatchObject({ code: "file-unknown" });
  });
});

describe("[F8] the bytes of a file are gone", () => {
  test("when it is discarded, and its address opens nothing", async () => {
    const room = freshRoom();
    const { id, url } = await uploaded(room);
    const discarded = await SELF.fetch(`http://localhost/parties/chat/${room}/files/${id}`, { method: "DELETE" });
    expect(discarded.status).toBe(204);
    await expect.poll(() => keysOf(room)).toEqual([]);
    expect(await problemOf(await SELF.fetch(url))).toMatchObject({ code: "file-unknown" });
  });

  test("when the room's erasure is answered, and the room stores nothing", async () => {
    const room = freshRoom();
    await uploaded(room);
    await uploaded(room);
    expect((await SELF.fetch(`http://localhost/parties/chat/${room}`, { method: "DELETE" })).status).toBe(204);
    expect(await keysOf(room)).toEqual([]);
  });

  test("when the alarm rings after its grace period", async () => {
    const room = freshRoom();
    const { id } = await uploaded(room);
    const stub = env.Chat.get(env.Chat.idFromName(room));
    await runInDurableObject(stub, async (_, { storage }) => {
      // As if the upload had been long ago, and the object had slept since.
      const stored = await storage.get<Record<string, unknown>>(`file/${id}`);
      await storage.put(`file/${id}`, { ...stored, at: 0 });
      await storage.put("agenda", { v: 1, entries: { files: 0 } });
      await storage.sync();
    });
    await evictDurableObject(stub);
    await runDurableObjectAlarm(env.Chat.get(env.Chat.idFromName(room)));
    await expect.poll(() => keysOf(room)).toEqual([]);
  });
});

function config(): GatewayConfig {
  const parsed = parseConfig({ ...env }, "localhost");
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

async function digest(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes))).join();
}
