/** The AsyncAPI document of a room's WebSocket: its frames, and in prose the rules that a client has to keep. */
import { ERRORS } from "../../shared/protocol/errors.ts";
import { roomNamePattern } from "../../shared/protocol/limits.ts";
import { ERROR_MESSAGES } from "../../shared/protocol/messages-en.ts";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";
import { type Direction, frameSchemas, type JsonSchema } from "./frame-schemas.ts";
import { section } from "./protocol-page.ts";

/** Sections of docs/protocol.md that a client's author needs beside the frames. */
const rules = [
  "Words of the protocol",
  "Connecting a WebSocket",
  "Hello, welcome, sync, live",
  "Parts of a question",
  "Parts of an answer",
  "Positions and offsets",
  "The cursor: `have`",
  "Applying a sync",
  "Resuming after losing the network",
  "Submitting a turn again",
  "Stopping an answer",
  "Ping and pong",
];

export function asyncApi(version: string): JsonSchema {
  const [client, server] = [frameSchemas("client"), frameSchemas("server")];
  const all = [...client, ...server];
  return {
    asyncapi: "3.0.0",
    info: {
      title: "edge-chat-gateway, the socket of a room",
      version,
      description: [`Wire version ${PROTOCOL_VERSION}.`, ...rules.map(section)].join("\n\n"),
      license: { name: "MIT" },
    },
    defaultContentType: "application/json",
    servers: {
      gateway: {
        host: "{host}",
        protocol: "wss",
        description:
          "`ws` on your own machine. A gateway that is mounted under a prefix has it before the channel's address.",
        variables: { host: { default: "127.0.0.1:8787" } },
      },
    },
    channels: {
      room: {
        address: "/parties/chat/{room}",
        title: "A room",
        servers: [{ $ref: "#/servers/gateway" }],
        parameters: {
          room: {
            description: `The room's name: ${roomNamePattern.source}. A room exists as soon as someone opens it.`,
          },
        },
        messages: Object.fromEntries(all.map(([type]) => [type, { $ref: `#/components/messages/${type}` }])),
        bindings: {
          ws: {
            method: "GET",
            headers: {
              type: "object",
              properties: {
                "sec-websocket-protocol": {
                  type: "string",
                  description: "`edge-chat.v1, bearer.<token>` where a token is needed and no header can be set.",
                },
                authorization: { type: "string", description: "`Bearer <token>`, for clients that can set headers." },
              },
            },
          },
        },
        "x-close-codes": closeCodes(),
      },
    },
    operations: {
      sendToRoom: operation("send", "client", client),
      receiveFromRoom: operation("receive", "server", server),
    },
    components: {
      messages: Object.fromEntries(all.map(([type, schema]) => [type, message(type, schema)])),
      schemas: Object.fromEntries(all),
    },
  };
}

function operation(action: "send" | "receive", direction: Direction, schemas: ReadonlyMap<string, JsonSchema>) {
  return {
    action,
    channel: { $ref: "#/channels/room" },
    summary: direction === "client" ? "What a client sends." : "What a client receives.",
    messages: [...schemas.keys()].map((type) => ({ $ref: `#/channels/room/messages/${type}` })),
  };
}

function message(type: string, schema: JsonSchema): JsonSchema {
  return { name: type, title: type, summary: schema["description"], payload: { $ref: `#/components/schemas/${type}` } };
}

/** Codes from 4450 on mean that the client comes back by itself. */
function closeCodes(): JsonSchema {
  const closing = Object.entries(ERRORS).filter(([, { close }]) => close !== null);
  return Object.fromEntries(
    closing.map(([code, { close, retryable }]) => [
      String(close),
      { code, comeBack: Number(close) >= 4450, retryable, meaning: ERROR_MESSAGES[code as keyof typeof ERRORS] },
    ]),
  );
}
