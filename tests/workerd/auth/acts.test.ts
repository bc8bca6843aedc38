/**
 * The same rule at every door (S6): each act, over each transport, with each set of scopes. Besides the answer, the test looks
 * at what was disclosed (somebody's text) and what was removed (somebody's turn).
 */
import { SELF } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { ALL_SCOPES, type Scope } from "../../../party/core/scopes.ts";
import { ChatSocketClient } from "../chat-socket.ts";
import { fresh, SocketTab, upstream } from "../room/tab.ts";
import { signToken } from "./tokens.ts";

const scopeSets: readonly (readonly Scope[])[] = Array.from({ length: 1 << ALL_SCOPES.length }, (_, bits) =>
  ALL_SCOPES.filter((_scope, index) => (bits >> index) % 2 === 1),
);

/** A room with one settled turn of alice's and one that runs. */
interface Scene {
  readonly room: string;
  readonly secret: string;
  readonly running: string;
}

interface Attempt {
  readonly isAllowed: boolean;
  /** All that the client received. */
  readonly received: string;
}

type Go = (scene: Scene, token: string) => Promise<Attempt>;

interface Row {
  readonly act: string;
  readonly transport: string;
  readonly needs: readonly Scope[];
  /** The act takes alice's turns away. */
  readonly removes?: boolean;
  readonly go: Go;
}

const uiMessage = (text: string) => ({ id: fresh("m"), role: "user", parts: [{ type: "text", text }] });

function http(
  method: string,
  path: (scene: Scene) => string,
  body?: (scene: Scene) => unknown,
  accept = "application/json",
): Go {
  return async (scene, token) => {
    const response = await SELF.fetch(`http://localhost${path(scene)}`, {
      method,
      headers: { accept, authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body(scene)) }),
    });
    // Another refusal is the backend's, of a question that it was asked.
    const isAllowed = response.status !== 401 && response.status !== 403;
    return { isAllowed, received: await firstPart(response) };
  };
}

/** A stream is read until its first sync or its second chunk; anything else whole. */
async function firstPart(response: Response): Promise<string> {
  if (response.headers.get("content-type")?.startsWith("text/event-stream") !== true) return response.text();
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!/"type":"(?:sync|start|RUN_STARTED)"|event: /.test(text)) {
    const { value, done } = (await reader?.read()) ?? { done: true };
    if (done) break;
    text += value;
  }
  await reader?.cancel();
  return text;
}

/** Joins, sends the frame, and waits for its effect: an error, or a frame that proves it. */
function socket(frame: (scene: Scene) => Record<string, unknown> | undefined, effect: string): Go {
  return async (scene, token) => {
    const tab = new SocketTab();
    await tab.open(scene.room);
    tab.say({ type: "hello", version: 2, token });
    await tab.until(({ closed, frames }) => closed !== undefined || frames.some(({ type }) => type === "sync"));
    const sent = frame(scene);
    if (tab.closed === undefined && sent !== undefined) {
      const before = tab.frames.length;
      tab.sayText(JSON.stringify(sent));
      const isNews = ({ type }: { type: string }) => type === "error" || type === effect;
      await tab.until(({ closed, frames }) => closed !== undefined || frames.slice(before).some(isNews));
    }
    const isAllowed = tab.closed === undefined && tab.of("error").length === 0;
    tab.close();
    return { isAllowed, received: tab.texts.join("\n") };
  };
}

/** Sends one request on the AI SDK's own socket, and waits for its first answer. */
function chatSocket(send: (socket: ChatSocketClient, scene: Scene) => string): Go {
  return async (scene, token) => {
    const client = await new ChatSocketClient().open({ "sec-websocket-protocol": `edge-chat.v1, bearer.${token}` });
    const id = send(client, scene);
    // An accepted request is told so before its answer has words.
    await client.until(() => client.of(id).length > 0);
    const answers = client.of(id);
    client.close();
    const isAllowed = !answers.some(
      ({ type, errorText = "" }) => type === "error" && /permission|allow/.test(errorText),
    );
    return { isAllowed, received: JSON.stringify(answers) };
  };
}

const question = () => ({ turnId: fresh("q").slice(0, 60), input: { prompt: "status 400" } });
const at = (path: string) => (scene: Scene) =>
  `/parties/chat/${path.replace(":room", scene.room).replace(":turn", scene.running)}`;
const chat = (path: string) => (scene: Scene) => `/api/chat${path.replace(":room", scene.room)}`;
const sse = "text/event-stream";

const rows: readonly Row[] = [
  { act: "read", transport: "WebSocket", needs: ["read"], go: socket(() => undefined, "") },
  { act: "read", transport: "HTTP", needs: ["read"], go: http("GET", at(":room")) },
  { act: "read", transport: "poll", needs: ["read"], go: http("GET", at(":room?wait=0")) },
  { act: "read", transport: "SSE", needs: ["read"], go: http("GET", at(":room"), undefined, sse) },
  { act: "read older turns", transport: "HTTP", needs: ["read"], go: http("GET", at(":room/turns")) },
  { act: "read a turn", transport: "HTTP", needs: ["read"], go: http("GET", at(":room/turns/done")) },
  { act: "read", transport: "AI SDK", needs: ["read"], go: http("GET", chat("/:room/messages")) },
  {
    act: "ask",
    transport: "WebSocket",
    needs: ["read", "write"],
    go: socket(() => ({ type: "turn-submit", ...question() }), "turn-queued"),
  },
  { act: "ask", transport: "HTTP", needs: ["write"], go: http("POST", at(":room/turns"), question) },
  {
    act: "ask and read",
    transport: "SSE",
    needs: ["read", "write"],
    go: http("POST", at(":room/turns"), question, sse),
  },
  {
    act: "ask and read",
    transport: "AI SDK",
    needs: ["read", "write"],
    go: http("POST", chat(""), ({ room }) => ({ id: room, messages: [uiMessage("status 400")] })),
  },
  { act: "upload a file", transport: "HTTP", needs: ["write"], go: http("POST", at(":room/files"), question) },
  {
    act: "discard a file",
    transport: "HTTP",
    needs: ["write"],
    go: http("DELETE", at(":room/files/no-file-of-this-id")),
  },
  {
    act: "ask and read",
    transport: "the AI SDK's own WebSocket",
    needs: ["read", "write"],
    go: chatSocket((socket, { room }) => socket.send(room, "status 400")),
  },
  {
    act: "read",
    transport: "the AI SDK's own WebSocket",
    needs: ["read"],
    go: chatSocket((socket, { room }) => socket.resume(room)),
  },
  {
    act: "ask and read",
    transport: "OpenAI",
    needs: ["read", "write"],
    go: http(
      "POST",
      () => "/v1/chat/completions",
      ({ room }) => ({
        messages: [{ role: "user", content: "status 400" }],
        metadata: { room },
      }),
    ),
  },
  {
    act: "read a turn",
    transport: "OpenAI",
    needs: ["read"],
    go: http("GET", ({ room }) => `/v1/chat/completions/chatcmpl-${room}.done`),
  },
  {
    act: "ask and read",
    transport: "AG-UI",
    needs: ["read", "write"],
    go: http(
      "POST",
      () => "/ag-ui",
      ({ room }) => ({
        ...{ threadId: room, runId: "run" },
        messages: [{ id: fresh("m"), role: "user", content: "status 400" }],
      }),
    ),
  },
  { act: "read", transport: "AG-UI", needs: ["read"], go: http("GET", ({ room }) => `/ag-ui?threadId=${room}`) },
  {
    act: "repeat another user's question",
    transport: "HTTP",
    needs: ["write"],
    go: http("POST", at(":room/turns"), ({ secret }) => ({ turnId: "done", input: { prompt: secret } })),
  },
  {
    act: "replace another user's turns",
    transport: "WebSocket",
    needs: ["read", "write", "clear"],
    removes: true,
    go: socket(() => ({ type: "turn-submit", ...question(), replaces: "done" }), "turn-queued"),
  },
  {
    act: "replace another user's turns",
    transport: "HTTP",
    needs: ["write", "clear"],
    removes: true,
    go: http("POST", at(":room/turns"), () => ({ ...question(), replaces: "done" })),
  },
  {
    act: "replace another user's turns",
    transport: "AI SDK",
    needs: ["read", "write", "clear"],
    removes: true,
    go: http("POST", chat(""), ({ room }) => ({
      id: room,
      messages: [uiMessage("status 400")],
      trigger: "regenerate-message",
      messageId: "done",
    })),
  },
  {
    act: "ask outside of a room",
    transport: "bridge",
    needs: ["write"],
    go: http("GET", () => "/chat?q=status%20400"),
  },
  {
    act: "stop",
    transport: "WebSocket",
    needs: ["read", "write"],
    go: socket(({ running }) => ({ type: "turn-cancel", turnId: running }), "turn-end"),
  },
  { act: "stop", transport: "HTTP", needs: ["write"], go: http("DELETE", at(":room/turns/:turn")) },
  { act: "stop", transport: "POST", needs: ["write"], go: http("POST", at(":room/turns/:turn/cancel")) },
  { act: "stop", transport: "AI SDK", needs: ["write"], go: http("DELETE", chat("/:room")) },
  { act: "stop", transport: "AI SDK by POST", needs: ["write"], go: http("POST", chat("/:room/cancel")) },
  {
    act: "clear",
    transport: "WebSocket",
    needs: ["read", "clear"],
    removes: true,
    go: socket(() => ({ type: "room-clear" }), "sync"),
  },
  { act: "clear", transport: "HTTP", needs: ["clear"], removes: true, go: http("DELETE", at(":room/turns")) },
  { act: "clear", transport: "POST", needs: ["clear"], removes: true, go: http("POST", at(":room/clear")) },
  { act: "erase", transport: "HTTP", needs: ["clear"], removes: true, go: http("DELETE", at(":room")) },
  { act: "erase", transport: "POST", needs: ["clear"], removes: true, go: http("POST", at(":room/erase")) },
];

/** Alice's question whose words nobody without `read` may see, and one that runs. */
async function setScene(): Promise<Scene & { readonly alice: SocketTab }> {
  const room = fresh("acme.room");
  const [secret, running] = [fresh("secret"), fresh("running").slice(0, 60)];
  const alice = await new SocketTab().join(room, await signToken({ room, scope: "read write" }));
  alice.submit(secret, "done");
  await upstream("text", secret, { text: secret });
  await upstream("done", secret);
  await alice.untilTurn("done", ({ state }) => state === "settled");
  alice.submit(running, running);
  await upstream("until", running, { requests: 1 });
  return { room, secret, running, alice };
}

describe.each(rows)("[S6] $act over $transport", ({ needs, removes, go }) => {
  test.each(scopeSets.map((scopes) => ({ scopes, name: scopes.join(" ") || "no scope" })))(
    "is decided by the scopes alone: $name",
    async ({ scopes }) => {
      const { alice, ...scene } = await setScene();
      const token = await signToken({ room: "acme.*", scope: scopes.join(" "), sub: "mallory" });
      const { isAllowed, received } = await go(scene, token);
      const isExpected = needs.every((scope) => scopes.includes(scope));
      expect(isAllowed).toBe(isExpected);
      if (!scopes.includes("read")) expect(received).not.toContain(scene.secret);
      const kept = await turnIdsOf(scene.room);
      expect(kept.includes("done")).toBe(!(removes === true && isExpected));
      alice.close();
    },
  );
});

async function turnIdsOf(room: string): Promise<string[]> {
  const authorization = `Bearer ${await signToken({ room, scope: "read" })}`;
  const response = await SELF.fetch(`http://localhost/parties/chat/${room}`, { headers: { authorization } });
  return ((await response.json()) as { turns: { id: string }[] }).turns.map(({ id }) => id);
}
