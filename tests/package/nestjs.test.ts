/**
 * NestJS services with the packed package behind a real gateway: each version of NestJS, on Express and on Fastify, in a project
 * of its own. Answers, a resume after the connection is cut, a stop with proof, and who is refused.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { ChatClient, type ChatSnapshot } from "../../client/index.ts";
import type { Part } from "../../scripts/lib/local-process.ts";
import { startGateway } from "../../scripts/lib/local-processes.ts";
import { root } from "../../scripts/package/entries.ts";
import { textOf } from "../../shared/content.ts";
import { untilSnapshot } from "../support/client.ts";
import { freePort } from "../support/network/free-port.ts";
import { WireCutter } from "../support/network/wire-cutter.ts";
import { NestProject } from "./nestjs/nest-project.ts";

const seed = Buffer.alloc(32, 3).toString("base64url");
/** Services run one after the other at this port, which the gateway reaches through a wire that can be cut. */
let port: number;
let wire: WireCutter;
let gateway: Part;
let persistTo: string;
const stops: (() => unknown)[] = [];

beforeAll(async () => {
  // wrangler wants the page's folder, also an empty one.
  await mkdir(join(root, "dist/page"), { recursive: true });
  port = await freePort();
  wire = await new WireCutter(`http://127.0.0.1:${port}`).start();
  persistTo = await mkdtemp(join(tmpdir(), "edge-chat-gateway-"));
  const vars = { UPSTREAM_SIGNING_KEYS: JSON.stringify({ upstream: seed }) };
  gateway = await startGateway({ backendUrl: wire.url, persistTo, vars });
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
afterAll(async () => {
  await gateway?.stop();
  wire?.close();
  await rm(persistTo, { recursive: true, force: true });
});

function roomClient(room: string): ChatClient {
  const client = new ChatClient({ url: gateway.url, room });
  stops.push(() => client.close());
  return client;
}

const turnOf = ({ turns }: ChatSnapshot, id: string) => turns.find((turn) => turn.id === id);

async function settled(client: ChatClient, id: string) {
  const snapshot = await untilSnapshot(client, (seen) => turnOf(seen, id)?.state === "settled");
  const turn = turnOf(snapshot, id);
  return { outcome: turn?.outcome, stop: turn?.stop, text: textOf(turn?.parts ?? []) };
}

const counted = (to: number) => Array.from({ length: to }, (_, index) => `${index + 1} `).join("");

/** A token as the gateway would sign it for a question, except for the claims given. */
async function tokenFor(body: string, claims: JWTPayload = {}, signer?: CryptoKey): Promise<string> {
  const published = (await (await fetch(`${gateway.url}/.well-known/jwks.json`)).json()) as { keys: JWK[] };
  const key = signer ?? (await importJWK({ ...published.keys[0], d: seed }, "EdDSA"));
  const nowS = Math.floor(Date.now() / 1_000);
  const bodySha256 = createHash("sha256").update(body).digest("base64url");
  const call = { method: "POST", path: "/model/chat", bodySha256, room: "r", generation: "direct" };
  const base = { iss: "edge-chat-gateway", aud: "model-backend", iat: nowS, exp: nowS + 60, jti: randomUUID() };
  return new SignJWT({ ...base, ...call, ...claims }).setProtectedHeader({ alg: "EdDSA", kid: "upstream" }).sign(key);
}

async function post(body: string, token?: string): Promise<[number, string]> {
  const response = await fetch(`http://127.0.0.1:${port}/model/chat`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    body,
  });
  const text = await response.text();
  return [response.status, response.ok ? text : (JSON.parse(text) as { code: string }).code];
}

interface Stats {
  readonly started: number;
  readonly generations: readonly { readonly state: string; readonly tokensAfterStop: number }[];
}

// Projects of NestJS 10 are CommonJS.
describe.each([
  { version: 10, format: "cjs" },
  { version: 11, format: "esm" },
  { version: 12, format: "esm" },
] as const)("NestJS $version", ({ version, format }) => {
  let project: NestProject;
  beforeAll(async () => {
    project = await NestProject.of(version, inject("packedProject"));
  });
  afterAll(() => project?.remove());

  test.each([
    ["express", "no"],
    ["fastify", "yes"],
  ])(
    "on %s: answers, resumes after a cut, stops with proof, and serves the gateway alone",
    async (PLATFORM, RAW_BODY) => {
      expect(await project.version()).toMatch(new RegExp(`^${version}\\.`));
      const env = { PLATFORM, RAW_BODY, GATEWAY_URL: gateway.url };
      const source = "tests/package/nestjs/service.ts";
      const service = await project.start({ source, format, port, env, ready: /listening on (http:\/\/\S+)/ });
      stops.push(() => service.stop());
      const stats = async () => (await (await fetch(`${service.url}/stats`)).json()) as Stats;
      const client = roomClient(`${PLATFORM}-${version}`);

      expect(await settled(client, client.submit("5"))).toMatchObject({ outcome: "completed", text: counted(5) });

      const long = client.submit("300");
      await untilSnapshot(client, (seen) => (turnOf(seen, long)?.length ?? 0) > 0);
      wire.cut();
      expect(await settled(client, long)).toMatchObject({ outcome: "completed", text: counted(300) });
      expect((await stats()).started).toBe(2);

      const endless = client.submit("1000000");
      await untilSnapshot(client, (seen) => (turnOf(seen, endless)?.length ?? 0) > 0);
      client.cancel(endless);
      expect(await settled(client, endless)).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
      expect((await stats()).generations.at(-1)).toMatchObject({ state: "aborted", tokensAfterStop: 0 });

      const body = JSON.stringify({ generationId: "direct", room: "r", messages: [{ role: "user", content: "2" }] });
      const stolen = body.replace('"2"', '"3"');
      const nowS = Math.floor(Date.now() / 1_000);
      const token = await tokenFor(body);
      expect(await post(body)).toEqual([401, "unauthenticated"]);
      const { privateKey } = await generateKeyPair("EdDSA");
      expect(await post(body, await tokenFor(body, {}, privateKey))).toEqual([401, "unauthenticated"]);
      expect(await post(body, await tokenFor(body, { iat: nowS - 120, exp: nowS - 60 }))).toEqual([
        401,
        "unauthenticated",
      ]);
      expect(await post(stolen, token)).toEqual([403, "request-forbidden"]);
      expect((await stats()).started).toBe(3);
      expect((await post(body, token))[0]).toBe(200);
      expect(await post(body, token)).toEqual([401, "token-used"]);
      expect((await stats()).started).toBe(4);
    },
  );
});

test("the program of docs/nestjs.md runs as it is, in a project of NestJS 12", async () => {
  const project = await NestProject.of(12, inject("packedProject"));
  stops.push(() => project.remove());
  const service = await project.start({
    source: "examples/nest-app/main.ts",
    format: "esm",
    port,
    env: { GATEWAY_URL: gateway.url },
    ready: /(Nest application successfully started)/,
  });
  stops.push(() => service.stop());
  const client = roomClient("docs");
  expect(await settled(client, client.submit("hello there"))).toMatchObject({ text: "You said: hello there " });
});

test("an application with bad options doesn't start, and says what to do", async () => {
  const project = await NestProject.of(12, inject("packedProject"));
  stops.push(() => project.remove());
  const service = project.start({
    source: "examples/nest-app/main.ts",
    format: "esm",
    port,
    env: { GATEWAY_URL: "chat.example.com" },
    ready: /(Nest application successfully started)/,
  });
  await expect(service).rejects.toThrow("gatewayUrl must be an http(s) URL such as https://chat.example.com");
});
