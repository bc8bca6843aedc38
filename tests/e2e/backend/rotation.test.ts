/**
 * Keys change while people chat, on real parts: through a key set nobody notices; through AUTH_KEYS the gateway restarts, and
 * everybody is back by resume with nothing lost. Meanwhile the backend serves calls that this gateway signed, and no others.
 * The audit log tells afterwards what happened.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterEach, expect, test } from "vitest";
import { ChatClient, type ChatSnapshot } from "../../../client/index.ts";
import type { Part } from "../../../scripts/lib/local-process.ts";
import { startBackend, startGateway } from "../../../scripts/lib/local-processes.ts";
import { textOf } from "../../../shared/content.ts";
import { untilSnapshot } from "../../support/client.ts";
import { freePort } from "../../support/network/free-port.ts";

const sockets = 100;
const rooms = 10;

let stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.reverse()) await stop();
  stops = [];
});

type Signer = () => Promise<string>;
const roomOf = (index: number) => `rotation-${index % rooms}`;

function claims(room: string) {
  return new SignJWT({ room, scope: "read write" }).setSubject("alice").setIssuedAt().setExpirationTime("10m");
}

async function join100(url: string, signer: (room: string) => Signer) {
  const people = Array.from({ length: sockets }, (_, index) => {
    const room = roomOf(index);
    // A busy machine may make a client doubt its connection and open another; only what the gateway ends is a drop.
    const seen = { closed: false, endedByGateway: [] as number[] };
    class Watched extends WebSocket {
      constructor(...given: ConstructorParameters<typeof WebSocket>) {
        super(...given);
        this.addEventListener("close", ({ code }) => void (code >= 4_000 && seen.endedByGateway.push(code)));
      }
    }
    const transports = ["websocket"] as const;
    const client = new ChatClient({ url, room, token: () => signer(room)(), transports, WebSocket: Watched });
    stops.push(() => client.close());
    client.subscribe(() => {
      if (client.getSnapshot().connection.state === "closed") seen.closed = true;
    });
    return { client, seen, room };
  });
  await Promise.all(people.map(({ client }) => untilSnapshot(client, isOnline)));
  return people;
}

const isOnline = ({ connection }: ChatSnapshot) => connection.state === "online";
const settled = (id: string) => (snapshot: ChatSnapshot) =>
  snapshot.turns.some((turn) => turn.id === id && turn.state === "settled");

interface AuditLine {
  readonly event: string;
  readonly at: string;
  readonly actor: string;
  readonly kid?: string;
  readonly kids?: readonly string[];
  readonly generationId?: string;
  readonly tokenId?: string;
}

/** The audit log, as an operator collects it: lines of all lives of the gateway, in order. */
function auditOf(parts: readonly Part[]): AuditLine[] {
  const lines = parts.flatMap(({ output }) => output).filter((line) => line.includes('"name":"audit"'));
  return lines.map((line) => JSON.parse(line.slice(line.indexOf("{"))) as AuditLine);
}

test("[S6] AUTH_KEYS rotates over two restarts: a hundred sockets return by resume, no answer is lost, and the log tells it", async () => {
  // The gateway keeps its address over its restarts, and the backend knows it before it starts.
  const port = await freePort();
  const persistTo = await mkdtemp(join(tmpdir(), "edge-chat-gateway-"));
  stops.push(() => rm(persistTo, { recursive: true, force: true }));
  const backend = await startBackend({
    env: { PROVIDER: "echo", GATEWAY_JWKS_URL: `http://127.0.0.1:${port}/.well-known/jwks.json` },
  });
  stops.push(() => backend.stop());
  const secrets = { old: Buffer.alloc(32, 1), next: Buffer.alloc(32, 2) };
  const lives: Part[] = [];
  const live = async (...kids: (keyof typeof secrets)[]) => {
    await lives.at(-1)?.stop();
    const ring = Object.fromEntries(kids.map((kid) => [kid, secrets[kid].toString("base64url")]));
    const gateway = await startGateway({
      port,
      backendUrl: backend.url,
      persistTo,
      vars: {
        AUTH: "jwt",
        AUTH_KEYS: JSON.stringify(ring),
        UPSTREAM_SIGNING_KEYS: JSON.stringify({ upstream: Buffer.alloc(32, 3).toString("base64url") }),
      },
    });
    lives.push(gateway);
    stops.push(() => gateway.stop());
    return gateway;
  };
  let signsWith: keyof typeof secrets = "old";
  const sign = (room: string, kid: keyof typeof secrets) =>
    claims(room).setProtectedHeader({ alg: "HS256", kid }).sign(secrets[kid]);

  const { url } = await live("old");
  const people = await join100(url, (room) => () => sign(room, signsWith));
  const words = Array.from({ length: 300 }, (_, index) => `w${index}`).join(" ");
  const asked = people.slice(0, rooms).map(({ client }) => ({
    client,
    id: client.submit(words, { params: { tokensPerSecond: 25, chunkSize: 8 } }),
  }));
  const grows = ({ client, id }: (typeof asked)[number]) =>
    untilSnapshot(client, ({ turns }) => (turns.find((turn) => turn.id === id)?.length ?? 0) > 0);
  await Promise.all(asked.map(grows));

  await live("old", "next");
  await Promise.all(people.map(({ client }) => untilSnapshot(client, isOnline)));
  signsWith = "next";
  await live("next");
  await Promise.all(people.map(({ client }) => untilSnapshot(client, isOnline)));
  await Promise.all(asked.map(({ client, id }) => untilSnapshot(client, settled(id))));

  // None was refused, nothing lost, and no generation asked for twice: each call was of this gateway and for its generation.
  expect(people.filter(({ seen }) => seen.closed)).toEqual([]);
  for (const { client, room } of people) {
    const [turn] = client.getSnapshot().turns;
    await untilSnapshot(client, settled(turn?.id ?? ""));
    const shown = client.getSnapshot().turns[0];
    expect([shown?.outcome, textOf(shown?.parts ?? [])], room).toEqual(["completed", words]);
  }
  const stats = (await (await fetch(`${backend.url}/model/stats`)).json()) as { started: number };
  expect(stats.started).toBe(rooms);
  const stranger = { generationId: "g", room: "rotation-0", messages: [{ role: "user", content: "hi" }] };
  const refused = await fetch(`${backend.url}/model/chat`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(stranger),
  });
  expect(refused.status).toBe(401);

  // A token of the retired key, and then the story as the log has it.
  const late = await fetch(`${url}/parties/chat/rotation-0`, {
    headers: { authorization: `Bearer ${await sign("rotation-0", "old")}` },
  });
  expect(late.status).toBe(401);
  await lives.at(-1)?.stop();
  const audit = auditOf(lives);
  const story = audit.flatMap(({ event, kid, kids }) =>
    event === "configuration" ? [`runs with ${kids}`] : event.startsWith("key-") ? [`${event} ${kid}`] : [],
  );
  expect([...new Set(story)]).toEqual([
    "runs with old,upstream",
    "key-first-used old",
    "runs with old,next,upstream",
    "runs with next,upstream",
    "key-first-used next",
    "key-rejected old",
  ]);
  const times = audit.map(({ at }) => at);
  expect(times).toEqual([...times].sort());
  // Whose token asked for which generation, and which of our tokens went to the backend for it.
  const generations = audit.filter(({ event }) => event === "generation");
  expect(generations.map(({ actor }) => actor)).toEqual(Array(rooms).fill("alice"));
  for (const { generationId } of generations) {
    const calls = audit.filter((line) => line.event === "upstream-token" && line.generationId === generationId);
    expect(calls.length).toBeGreaterThan(1);
    expect(new Set(calls.map(({ tokenId }) => tokenId)).size).toBe(calls.length);
  }
});

test("[S6] a key set rotates under a hundred sockets: none is dropped, and the new key is good at once", async () => {
  const makeKey = async (kid: string) => {
    const { privateKey, publicKey } = await generateKeyPair("EdDSA", { extractable: true });
    return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: "sig" } };
  };
  const [a, b] = [await makeKey("a"), await makeKey("b")];
  let published = [a.jwk];
  const jwks: Server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "application/jwk-set+json" }).end(JSON.stringify({ keys: published }));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => jwks.once("listening", resolve));
  stops.push(() => {
    jwks.close();
    jwks.closeAllConnections();
  });
  const backend = await startBackend({ env: { PROVIDER: "echo" } });
  stops.push(() => backend.stop());
  const persistTo = await mkdtemp(join(tmpdir(), "edge-chat-gateway-"));
  stops.push(() => rm(persistTo, { recursive: true, force: true }));
  const gateway = await startGateway({
    backendUrl: backend.url,
    persistTo,
    vars: {
      AUTH: "jwt",
      AUTH_JWKS_URL: `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/jwks`,
      AUTH_ISSUER: "https://id.example.com",
      AUTH_AUDIENCE: "chat",
    },
  });
  stops.push(() => gateway.stop());
  const sign = ({ kid, privateKey }: typeof a, room: string) =>
    claims(room)
      .setIssuer("https://id.example.com")
      .setAudience("chat")
      .setProtectedHeader({ alg: "EdDSA", kid })
      .sign(privateKey);

  const people = await join100(gateway.url, (room) => () => sign(a, room));
  published = [b.jwk, a.jwk];
  const first = new ChatClient({ url: gateway.url, room: roomOf(0), token: () => sign(b, roomOf(0)) });
  stops.push(() => first.close());
  await untilSnapshot(first, isOnline);
  published = [b.jwk];
  const asked = people.slice(0, rooms).map(({ client }) => ({ client, id: client.submit("still here?") }));
  await Promise.all(asked.map(({ client, id }) => untilSnapshot(client, settled(id))));
  for (const { seen } of people) {
    expect(seen).toEqual({ closed: false, endedByGateway: [] });
  }
});
