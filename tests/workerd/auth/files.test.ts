/** Tests who may upload and read files where tokens are needed (F8, S6): identity comes before work, and rooms stay apart. */
import { createExecutionContext, env, SELF } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { UpstreamAuth } from "../../../party/auth/upstream-auth/upstream-auth.ts";
import { parseUpstreamAuth } from "../../../party/auth/upstream-auth/upstream-auth-settings.ts";
import type { AddressedFile } from "../../../party/core/files/file-calls.ts";
import { systemClock } from "../../../party/platform/clock.ts";
import worker from "../../../party/worker.ts";
import { fresh } from "../room/tab.ts";
import { signToken } from "./tokens.ts";

const freshRoom = () => `acme.${fresh("files")}`;
const address = (room: string, id = "") => `http://localhost/parties/chat/${room}/files${id === "" ? "" : `/${id}`}`;

async function bearer(claims: Parameters<typeof signToken>[0] = {}): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await signToken({ scope: "read write", ...claims })}` };
}

async function upload(room: string, headers: Record<string, string>, body = "some text"): Promise<Response> {
  return SELF.fetch(address(room), { method: "POST", body, headers: { "content-type": "text/plain", ...headers } });
}

async function uploadedBy(sub: string, room: string): Promise<AddressedFile> {
  const response = await upload(room, await bearer({ sub }));
  expect(response.status).toBe(201);
  return response.json();
}

async function codeOf(response: Response): Promise<[status: number, code: string]> {
  return [response.status, (await response.json<{ code: string }>()).code];
}

/** The token that the gateway sends to the backend with a call for this room. */
async function mintedFor(room: string): Promise<Record<string, string>> {
  const setting = parseUpstreamAuth((name) => (env as unknown as Record<string, string>)[name]);
  if (!setting.ok) throw new Error(setting.error);
  const auth = new UpstreamAuth({ setting: setting.value, fetch, clock: systemClock, report: () => undefined });
  return auth.headers(
    { tenant: "acme", room, generation: "g1" },
    { method: "POST", url: "https://b.example/model/chat" },
  );
}

describe("[S6] uploads with tokens", () => {
  test("are refused without a token, with one of another room or tenant, or without the scope to write", async () => {
    const room = freshRoom();
    expect(await codeOf(await upload(room, {}))).toEqual([401, "unauthenticated"]);
    expect(await codeOf(await upload(room, await bearer({ room: "acme.other" })))).toEqual([403, "room-forbidden"]);
    expect(await codeOf(await upload(room, await bearer({ tenant: "rival", room: "*" })))).toEqual([
      403,
      "room-forbidden",
    ]);
    expect(await codeOf(await upload(room, await bearer({ scope: "read" })))).toEqual([403, "forbidden"]);
    const listed = await env.FILES.list();
    expect(listed.objects.filter(({ key }) => key.includes(room))).toEqual([]);
  });

  test("are refused to a stranger before anything else is wrong with them", async () => {
    const huge = { "content-length": "999999999999", "idempotency-key": "not an id" };
    expect(await codeOf(await upload(freshRoom(), huge))).toEqual([401, "unauthenticated"]);
  });

  test("are counted for each user, and the next one may come back", async () => {
    const [room, sub] = [freshRoom(), fresh("eager")];
    const headers = await bearer({ sub });
    const answers: number[] = [];
    for (let n = 0; n < 31; n += 1)
      answers.push((await upload(room, { ...headers, "idempotency-key": "same" })).status);
    expect(answers).toEqual([201, ...Array.from({ length: 29 }, () => 200), 429]);
    const refused = await upload(freshRoom(), headers);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await codeOf(refused)).toEqual([429, "rate-limited"]);
    expect((await upload(room, await bearer({ sub: fresh("other") }))).status).toBe(201);
  });

  test("answer uploads-off without the binding, and say what to configure", async () => {
    const request = new Request(address(freshRoom()), { method: "POST", body: "x", headers: await bearer() });
    const { FILES: _, ...without } = env;
    const response = await worker.fetch(request, without, createExecutionContext());
    expect(response.status).toBe(501);
    expect(await response.json()).toMatchObject({ code: "uploads-off", detail: expect.stringContaining("FILES") });
  });
});

describe("[F8] a file that isn't used yet", () => {
  test("is its uploader's alone, except for whoever has its address", async () => {
    const room = freshRoom();
    const { id, url } = await uploadedBy("alice", room);
    expect((await SELF.fetch(address(room, id), { headers: await bearer({ sub: "alice" }) })).status).toBe(200);
    expect(await codeOf(await SELF.fetch(address(room, id), { headers: await bearer({ sub: "bob" }) }))).toEqual([
      404,
      "file-unknown",
    ]);
    expect(await codeOf(await SELF.fetch(address(room, id)))).toEqual([401, "unauthenticated"]);
    expect((await SELF.fetch(url)).status).toBe(200);
  });

  test("is removed by its uploader alone", async () => {
    const room = freshRoom();
    const { id } = await uploadedBy("alice", room);
    const remove = async (sub: string) =>
      SELF.fetch(address(room, id), { method: "DELETE", headers: await bearer({ sub }) });
    expect(await codeOf(await remove("bob"))).toEqual([404, "file-unknown"]);
    expect((await remove("alice")).status).toBe(204);
  });
});

describe("[F8] the backend", () => {
  test("reads a file of the room that it was called for with its token, and none of another room", async () => {
    const [room, other] = [freshRoom(), freshRoom()];
    const { id } = await uploadedBy("alice", room);
    const headers = await mintedFor(room);
    const read = await SELF.fetch(address(room, id), { headers });
    expect([read.status, await read.text()]).toEqual([200, "some text"]);
    const { id: otherId } = await uploadedBy("alice", other);
    expect((await SELF.fetch(address(other, otherId), { headers })).status).toBe(401);
    expect((await SELF.fetch(address(other, id), { headers: await mintedFor(other) })).status).toBe(404);
  });

  test("can't upload or remove anything with its token", async () => {
    const room = freshRoom();
    const { id } = await uploadedBy("alice", room);
    const headers = await mintedFor(room);
    expect((await upload(room, headers)).status).toBe(401);
    expect((await SELF.fetch(address(room, id), { method: "DELETE", headers })).status).toBe(401);
  });
});
