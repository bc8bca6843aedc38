/** The OpenAPI document of the contract that the gateway expects of a backend, for somebody who writes one. */
import { backendEvents, upstreamRequestSchema } from "../../shared/upstream-contract.ts";
import { type JsonSchema, schemaOf } from "./frame-schemas.ts";
import { json, type Operation, operationOf, problemResponse, problemSchema, ref, stream } from "./openapi-parts.ts";

const names = { generationId: "The id of the gateway's call." };
const answer: Operation["answers"] = {
  "200": [
    "Each event is one `data:` line with JSON of schema `event`. With `id:` on each and `resumable: true` in `start`, a broken stream is continued with `Last-Event-ID`.",
    stream("`data: {…}` of schema `event`; `start` first, one of `complete` and `error` last"),
  ],
  "409": "The generation was stopped, or the same id came with another body.",
  "410": "`Last-Event-ID` names an event that can't be continued after. Nothing is generated.",
};

const operations: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  "/model/chat": {
    post: {
      summary: "Generates an answer",
      description:
        "The generation id is an idempotency key: a retry has the same one and the same body. A failure before the first event is a status (429 and 503 with `Retry-After`), after it an `error` event. Closing the connection means that nobody reads, not that generating should stop, unless the backend can't resume.",
      headers: {
        "idempotency-key": "The generation id.",
        "last-event-id": "Continue after this event. Never starts a generation.",
        traceparent: "W3C Trace Context.",
      },
      body: { type: "application/json", schema: ref("request") },
      answers: answer,
    },
    get: {
      summary: "Generates an answer to one prompt",
      query: { prompt: "The question.", provider: "Whose model.", model: "Which model.", params: "JSON." },
      answers: answer,
    },
  },
  "/model/chat/{generationId}": {
    delete: {
      summary: "Stops generating",
      description: "Answered once not one more token is generated: that is what `stop: confirmed` means to people.",
      answers: {
        "204": "It is over and silent.",
        "404": "This backend takes no stop.",
        "405": "This backend takes no stop.",
      },
    },
  },
  "/model/models": { get: { summary: "Models to choose from", answers: { "200": ["Passed on as it is.", json({})] } } },
  "/model/context": {
    get: { summary: "Greeting and suggestions", answers: { "200": ["Passed on as it is.", json({})] } },
  },
  "/health": { get: { summary: "Whether it runs", answers: { "200": "Yes." } } },
};

export function backendOpenApi(version: string): JsonSchema {
  const events = Object.entries(backendEvents).map(([type, schema]) => [`event-${type}`, schemaOf(schema)] as const);
  return {
    openapi: "3.1.0",
    info: {
      title: "What edge-chat-gateway expects of a backend",
      version,
      license: { name: "MIT", identifier: "MIT" },
      description:
        "Only `POST /model/chat` (or its GET) with `delta` and `complete` is needed. Backends with other routes and formats are read with the UPSTREAM_* settings of docs/settings.md.",
    },
    servers: [{ url: "http://127.0.0.1:8788", description: "`NEST_BASE`" }],
    paths: Object.fromEntries(
      Object.entries(operations).map(([path, methods]) => [
        path,
        Object.fromEntries(Object.entries(methods).map(([method, given]) => [method, operationOf(path, given, names)])),
      ]),
    ),
    components: {
      securitySchemes: {
        minted: {
          type: "http",
          scheme: "bearer",
          description: "A token that the gateway signs for one call (`UPSTREAM_SIGNING_KEYS`); optional.",
        },
      },
      responses: { problem: problemResponse },
      schemas: {
        problem: problemSchema(undefined),
        request: schemaOf(upstreamRequestSchema),
        event: { oneOf: events.map(([name]) => ref(name)), discriminator: { propertyName: "type" } },
        ...Object.fromEntries(events),
      },
    },
  };
}
