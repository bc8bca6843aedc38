/**
 * `UPSTREAM_AUTH=forward` on real parts: the backend is called with the token of whoever asked. The token is in memory only: not
 * in the rooms' files and not in the log. After SIGKILL a question whose token is gone isn't asked as nobody.
 */
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { SignJWT } from "jose";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ChatClient } from "../../../client/index.ts";
import type { Part } from "../../../scripts/lib/local-process.ts";
import { startGateway } from "../../../scripts/lib/local-processes.ts";
import { ERROR_MESSAGES } from "../../../shared/protocol/messages-en.ts";
import { untilSnapshot } from "../../support/client.ts";
import { freePort } from "../../support/network/free-port.ts";

const secret = Buffer.alloc(32, 1);
const stops: (() => unknown)[] = [];
let persistTo: string;
let backend: Backend;

beforeEach(async () => {
  persistTo = await mkdtemp(join(tmpdir(), "edge-chat-gateway-"));
  stops.push(() => rm(persistTo, { recursive: true, force: true }));
  backend = await startBackend();
});

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Backend {
  readonly url: string;
  readonly calls: { readonly prompt: string; readonly authorization: string | undefined }[];
}

/** Notes who calls. Answers with two words, and to "hold on" with one of them and no end. */
async function startBackend(): Promise<Backend> {
  const calls: Backend["calls"] = [];
  const server = createServer(async (request, response) => {
    if (request.method !== "POST") return void response.writeHead(404).end();
    const { messages } = JSON.parse(await text(request)) as { messages: { content: string }[] };
    const prompt = messages.at(-1)?.content ?? "";
    calls.push({ prompt, authorization: request.headers.authorization });
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write('data: {"type":"delta","data":"Hello"}\n\n');
    if (prompt !== "hold on") response.end('data: {"type":"delta","data":" you"}\n\ndata: {"type":"complete"}\n\n');
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  stops.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

function tokenOf(user: string): Promise<string> {
  const claims = new SignJWT({ room: "*", scope: "read write" }).setSubject(user).setIssuedAt();
  return claims.setExpirationTime("10m").setProtectedHeader({ alg: "HS256", kid: "k" }).sign(secret);
}

async function startForwarding(port: number): Promise<Part> {
  const gateway = await startGateway({
    ...{ port, persistTo, backendUrl: backend.url },
    vars: {
      AUTH: "jwt",
      AUTH_KEYS: JSON.stringify({ k: secret.toString("base64url") }),
      UPSTREAM_AUTH: "forward",
    },
  });
  stops.push(() => gateway.stop());
  return gateway;
}

function joined(url: string, token: string): ChatClient {
  const client = new ChatClient({ url, room: "forwarded", token: () => token });
  stops.push(() => client.close());
  return client;
}

/** Everything the gateway has on its disk. */
async function stored(): Promise<string> {
  const files = await readdir(persistTo, { recursive: true, withFileTypes: true });
  const texts = files
    .filter((file) => file.isFile())
    .map((file) => readFile(join(file.parentPath, file.name), "latin1"));
  return (await Promise.all(texts)).join("\n");
}

test("[S1] the caller's token reaches the backend, is stored nowhere, and a question that lost it isn't asked", async () => {
  const port = await freePort();
  const [alice, bob] = await Promise.all([tokenOf("alice"), tokenOf("bob")]);
  const first = await startForwarding(port);
  const { url } = first;
  const asking = joined(url, alice);
  const bridged = await fetch(`${url}/chat?q=bridged`, { headers: { authorization: `Bearer ${alice}` } });
  expect(await bridged.text()).toContain(" you");
  const held = asking.submit("hold on");
  const waiting = asking.submit("not as nobody");
  await untilSnapshot(asking, ({ turns }) => (turns[0]?.length ?? 0) > 0 && turns[1]?.state === "queued");
  await first.kill("SIGKILL");
  asking.close();

  const second = await startForwarding(port);
  const waking = joined(url, bob);
  const own = waking.submit("as bob");
  const { turns } = await untilSnapshot(waking, ({ turns: now }) =>
    [held, waiting, own].every((id) => now.some((turn) => turn.id === id && turn.state === "settled")),
  );
  expect(turns.find(({ id }) => id === held)).toMatchObject({ outcome: "interrupted" });
  expect(turns.find(({ id }) => id === waiting)).toMatchObject({
    outcome: "interrupted",
    parts: [],
    error: { code: "upstream-token-lost", message: ERROR_MESSAGES["upstream-token-lost"] },
  });
  expect(turns.find(({ id }) => id === own)).toMatchObject({ outcome: "completed" });
  expect(backend.calls).toEqual([
    { prompt: "bridged", authorization: `Bearer ${alice}` },
    { prompt: "hold on", authorization: `Bearer ${alice}` },
    { prompt: "as bob", authorization: `Bearer ${bob}` },
  ]);

  await second.kill("SIGKILL");
  const disk = await stored();
  const log = [...first.output, ...second.output].join("\n");
  // The questions are there, so the tokens would be found.
  for (const question of ["not as nobody", "as bob"]) expect(disk).toContain(question);
  for (const [, , signature] of [alice.split("."), bob.split(".")]) {
    expect(disk).not.toContain(signature);
    expect(log).not.toContain(signature);
  }
});
