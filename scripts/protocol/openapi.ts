/** The OpenAPI document of the gateway's HTTP routes. A test holds its paths against the Worker's own table of routes. */
import { inputSchema } from "../../shared/protocol/client-frames.ts";
import { ERRORS } from "../../shared/protocol/errors.ts";
import { epochPattern, maxPageTurns, maxPollWaitSeconds } from "../../shared/protocol/limits.ts";
import { outcomeSchema, stopSchema, syncTurnSchema } from "../../shared/protocol/server-frames.ts";
import { frameSchemas, type JsonSchema, schemaOf } from "./frame-schemas.ts";
import { json, type Operation, operationOf, problemResponse, problemSchema, ref, stream } from "./openapi-parts.ts";
import { section } from "./protocol-page.ts";

type Methods = Readonly<Partial<Record<"get" | "post" | "delete" | "head", Operation>>>;

const room = "/parties/chat/{room}";
const state: readonly [string, JsonSchema] = ["The turn, whole.", json(ref("turn-state"))];
const frames = "Each event is one `data:` line with a frame of the room as JSON; `id:` is the reader's cursor.";
const stopped: readonly [string, JsonSchema] = ["The stored end of the turn.", json(ref("stopped"))];
const text: JsonSchema = { "text/plain": { schema: { type: "string" } } };
const names = {
  room: "1 to 128 of A–Z a–z 0–9 _ . -",
  turn: "The id that the client chose: 1 to 64 of A–Z a–z 0–9 _ -",
  file: "The id that the upload was answered with.",
  id: "The completion's id.",
  part: "`stream`, `messages` or `cancel`.",
};

const roomPaths: Readonly<Record<string, Methods>> = {
  [room]: {
    get: {
      summary: "The room: a WebSocket, a stream, a poll or a snapshot",
      description: `With \`Upgrade: websocket\` the socket (asyncapi.json). With \`Accept: text/event-stream\` a stream, with \`cursor\` or \`wait\` a long-poll, else a snapshot.`,
      query: {
        cursor: "Where the reader stands, as an earlier answer said.",
        wait: `Seconds that a poll may wait, 0 to ${maxPollWaitSeconds}.`,
        ticket: "For an `EventSource`, which can send no token.",
      },
      headers: { "last-event-id": "The newest `id:` of a stream." },
      answers: {
        "101": "The socket.",
        "200": ["The room.", { ...json({ oneOf: [ref("snapshot"), ref("poll")] }), ...stream(frames) }],
      },
    },
    delete: { summary: "Erases the room", answers: { "204": "Everything stored is deleted." } },
  },
  [`${room}/turns`]: {
    get: {
      summary: "Older turns, newest page first",
      query: { before: "The oldest turn that the client holds.", limit: `1 to ${maxPageTurns}; 20 when left out.` },
      answers: { "200": ["A page.", json(ref("page"))] },
    },
    post: {
      summary: "Asks a question",
      query: { watching: "The client reads the room by other requests: its leaving counts." },
      body: { type: "application/json", schema: ref("submit") },
      answers: {
        "200": ["The same question again, and its turn is over.", json(ref("turn-state"))],
        "202": [
          "Durable. With `Accept: text/event-stream`: the turn's stream.",
          { ...json(ref("turn-state")), ...stream(frames) },
        ],
      },
    },
    delete: { summary: "Clears the room", answers: { "204": "Stored." } },
  },
  [`${room}/turns/{turn}`]: {
    get: {
      summary: "One turn, or its stream",
      query: { cursor: "Where the reader of the stream stands.", ticket: "For an `EventSource`." },
      answers: {
        "200": [state[0], { ...json(ref("turn-state")), ...stream(frames) }],
        "204": "The reader has all of it.",
      },
    },
    delete: { summary: "Stops the turn", answers: { "200": stopped } },
  },
  [`${room}/turns/{turn}/cancel`]: {
    post: { summary: "Stops the turn, for networks that refuse DELETE", answers: { "200": stopped } },
  },
  [`${room}/clear`]: {
    post: { summary: "Clears the room, for networks that refuse DELETE", answers: { "204": "Stored." } },
  },
  [`${room}/erase`]: {
    post: {
      summary: "Erases the room, for networks that refuse DELETE",
      answers: { "204": "Everything stored is deleted." },
    },
  },
  [`${room}/tickets`]: {
    post: {
      summary: "A ticket for an `EventSource`",
      answers: { "201": ["Good for one stream.", json(ref("ticket"))] },
    },
  },
  [`${room}/files`]: {
    post: {
      summary: "Uploads a file",
      headers: {
        "content-disposition": "Its name.",
        "idempotency-key": "The same upload under the same key is one file.",
      },
      body: { type: "*/*", schema: { type: "string", format: "binary" } },
      answers: { "200": ["The same upload again.", json(ref("file"))], "201": ["Stored.", json(ref("file"))] },
    },
  },
  [`${room}/files/{file}`]: {
    get: {
      summary: "The file, or with `Accept: application/json` what is known of it",
      answers: {
        "200": ["The bytes.", { "*/*": { schema: { type: "string", format: "binary" } }, ...json(ref("file")) }],
      },
    },
    head: { summary: "The headers of the file", answers: { "200": "As of GET." } },
    delete: { summary: "Removes a file that no question holds", answers: { "204": "Gone." } },
  },
};

const otherPaths: Readonly<Record<string, Methods>> = {
  "/chat": {
    get: {
      summary: "One answer without a room, as server-sent events",
      query: { q: "The prompt.", provider: "Whose model." },
      answers: { "200": ["The unified events of openapi-backend.json.", stream("Events of the backend contract.")] },
    },
    post: {
      summary: "The same for a longer question",
      body: { type: "application/json", schema: { type: "object" } },
      answers: { "200": ["The unified events of openapi-backend.json.", stream("Events of the backend contract.")] },
    },
  },
  "/api/chat": {
    post: {
      summary: "A question of the AI SDK's `useChat`",
      body: { type: "application/json", schema: { type: "object" } },
      answers: { "200": ["A UI message stream.", stream("Chunks of the AI SDK's UI message stream.")] },
    },
    get: { summary: "The AI SDK's WebSocket transport", answers: { "101": "The socket." } },
  },
  "/api/chat/{room}": { delete: { summary: "Stops the chat's answer", answers: { "204": "Stopped." } } },
  "/api/chat/{room}/{part}": {
    get: {
      summary: "`stream` resumes the open answer; `messages` is the conversation",
      answers: {
        "200": ["The chunks, or the messages.", { ...stream("Chunks."), ...json({ type: "object" }) }],
        "204": "Nothing runs.",
      },
    },
    post: { summary: "`cancel`: stops, for networks that refuse DELETE", answers: { "204": "Stopped." } },
  },
  "/v1/chat/completions": {
    post: {
      summary: "A question of OpenAI's client",
      body: { type: "application/json", schema: { type: "object" } },
      answers: { "200": ["A completion, or its chunks.", { ...json({ type: "object" }), ...stream("Chunks.") }] },
    },
  },
  "/v1/chat/completions/{id}": {
    get: {
      summary: "Reads an answer of OpenAI's client again",
      answers: { "200": ["The completion, or its chunks.", { ...json({ type: "object" }), ...stream("Chunks.") }] },
    },
  },
  "/v1/models": {
    get: { summary: "Models, in OpenAI's shape", answers: { "200": ["A list.", json({ type: "object" })] } },
  },
  "/ag-ui": {
    post: {
      summary: "A run of AG-UI",
      body: { type: "application/json", schema: { type: "object" } },
      answers: { "200": ["AG-UI events.", stream("AG-UI events.")] },
    },
    get: { summary: "Reads a run of AG-UI again", answers: { "200": ["AG-UI events.", stream("AG-UI events.")] } },
  },
  "/health": {
    get: { summary: "Whether the Worker runs", isOpen: true, answers: { "200": ["Yes.", json({ type: "object" })] } },
  },
  "/ready": { get: { summary: "Whether it can work: settings and backend", isOpen: true, answers: { "200": "Yes." } } },
  "/models": {
    get: {
      summary: "The backend's `/model/models`",
      isOpen: true,
      answers: { "200": ["As the backend sent it.", json({})] },
    },
  },
  "/context": {
    get: {
      summary: "The backend's `/model/context`",
      isOpen: true,
      answers: { "200": ["As the backend sent it.", json({})] },
    },
  },
  "/.well-known/jwks.json": {
    get: {
      summary: "Public keys of calls to the backend",
      isOpen: true,
      answers: { "200": ["A key set.", json({ type: "object" })] },
    },
  },
  "/ops/revoke": {
    post: {
      summary: "Revokes tokens (operator)",
      body: {
        type: "application/json",
        schema: { type: "object", properties: { sub: { type: "string" }, jti: { type: "string" } } },
      },
      answers: { "200": ["Since when.", json({ type: "object" })] },
    },
  },
  "/metrics": {
    get: { summary: "Numbers in Prometheus' text format (operator)", answers: { "200": ["The numbers.", text] } },
  },
  "/ops/events/{room}": {
    get: {
      summary: "The newest events of a room (operator)",
      answers: { "200": ["Events.", json({ type: "object" })] },
    },
  },
  "/ops/drain/{room}": { post: { summary: "Drains a room (operator)", answers: { "202": "Asked." } } },
};

export function openApi(version: string): JsonSchema {
  const paths = Object.entries({ ...roomPaths, ...otherPaths });
  return {
    openapi: "3.1.0",
    info: {
      title: "edge-chat-gateway over HTTP",
      version,
      license: { name: "MIT", identifier: "MIT" },
      description: ["Without a WebSocket", "HTTP routes"].map(section).join("\n\n"),
    },
    servers: [
      { url: "http://127.0.0.1:8787", description: "With the prefix, where the gateway is mounted under one." },
    ],
    security: [{ bearer: [] }],
    paths: Object.fromEntries(
      paths.map(([path, methods]) => [
        path,
        Object.fromEntries(
          Object.entries(methods).map(([method, operation]) => [method, operationOf(path, operation, names)]),
        ),
      ]),
    ),
    components: {
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          description: "A token of the application (`AUTH=jwt`); none with `AUTH=none`.",
        },
      },
      responses: { problem: problemResponse },
      schemas: schemas(),
    },
  };
}

function schemas(): JsonSchema {
  const [client, server] = [frameSchemas("client"), frameSchemas("server")];
  const { properties = {}, ...submit } = client.get("turn-submit") ?? {};
  const { type: _, ...fields } = properties as Record<string, JsonSchema>;
  const sync = (server.get("sync") ?? {}) as { readonly properties?: JsonSchema };
  const epoch = { type: "string", pattern: epochPattern.source };
  const turn = schemaOf(syncTurnSchema);
  const object = (members: JsonSchema) => ({ type: "object", properties: members, required: Object.keys(members) });
  return {
    problem: problemSchema(Object.keys(ERRORS)),
    input: schemaOf(inputSchema),
    submit: { ...submit, title: "submit", properties: fields, required: ["input"] },
    turn,
    "turn-state": object({ epoch, turn: ref("turn") }),
    page: object({ epoch, turns: { type: "array", items: ref("turn") }, more: { type: "boolean" } }),
    snapshot: { ...sync, title: "snapshot", properties: { ...sync.properties, cursor: { type: "string" } } },
    poll: object({
      frames: { type: "array", items: { oneOf: [...server.keys()].map((type) => ref(`frame-${type}`)) } },
      cursor: { type: "string" },
      retryAfterMs: { type: "integer" },
    }),
    stopped: { ...object({ outcome: schemaOf(outcomeSchema), stop: schemaOf(stopSchema) }), required: ["outcome"] },
    ticket: object({ ticket: { type: "string" }, expiresAt: { type: "integer", description: "ms since 1970" } }),
    file: {
      ...object({
        id: { type: "string" },
        url: { type: "string", description: "For the file part of a question." },
        mediaType: { type: "string" },
        bytes: { type: "integer" },
        expiresAt: { type: "integer", description: "ms since 1970" },
        filename: { type: "string" },
      }),
      required: ["id", "url", "mediaType", "bytes", "expiresAt"],
    },
    ...Object.fromEntries([...server].map(([type, schema]) => [`frame-${type}`, schema])),
  };
}
