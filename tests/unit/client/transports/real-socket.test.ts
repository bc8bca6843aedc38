/**
 * The client through the platform's own WebSocket, against the smallest server that speaks RFC 6455: what the fake socket
 * (`fake-socket.ts`) promises is held against a real one here.
 */
import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ConnectionState } from "../../../../client/api/api.ts";
import { ChatClient } from "../../../../client/chat/chat-client.ts";
import type { ClientFrame } from "../../../../shared/protocol/client-frames.ts";
import type { ServerFrame, SyncFrame } from "../../../../shared/protocol/server-frames.ts";
import { welcome } from "../../../support/client/fake-socket.ts";
import { untilHang } from "../../../support/hang-guard.ts";

const sync: SyncFrame = { type: "sync", epoch: "e1", seq: 0, floor: 0, mode: "snapshot", turns: [] };

/** One accepted socket. Short unfragmented frames only, which is all that these tests send. */
class Accepted {
  readonly said: string[] = [];
  readonly #stream: Duplex;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Duplex, onText: (text: string, socket: Accepted) => void) {
    this.#stream = stream;
    stream.on("error", () => {
      // The client has gone; that is what some tests are about.
    });
    stream.on("data", (data: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, data]);
      for (let frame = this.#take(); frame !== undefined; frame = this.#take()) {
        if (frame.opcode === 8) stream.end(encode(8, frame.payload));
        if (frame.opcode !== 1) continue;
        this.said.push(frame.payload.toString());
        onText(frame.payload.toString(), this);
      }
    });
  }

  send(frame: ServerFrame | "pong"): void {
    this.#stream.write(encode(1, Buffer.from(typeof frame === "string" ? frame : JSON.stringify(frame))));
  }
  close(code: number): void {
    this.#stream.end(encode(8, Buffer.from([code >> 8, code & 255])));
  }
  vanish(): void {
    this.#stream.destroy();
  }

  #take(): { opcode: number; payload: Buffer } | undefined {
    const [first, second] = this.#rest;
    if (first === undefined || second === undefined) return undefined;
    const isLong = (second & 127) === 126;
    const start = isLong ? 8 : 6;
    if (this.#rest.length < start) return undefined;
    const length = isLong ? this.#rest.readUInt16BE(2) : second & 127;
    if (this.#rest.length < start + length) return undefined;
    const mask = this.#rest.subarray(start - 4, start);
    const payload = Buffer.from(this.#rest.subarray(start, start + length)).map(
      (byte, at) => byte ^ (mask[at % 4] ?? 0),
    );
    this.#rest = this.#rest.subarray(start + length);
    return { opcode: first & 15, payload: Buffer.from(payload) };
  }
}

function encode(opcode: number, payload: Buffer): Buffer {
  const head = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([128 | opcode, ...head]), payload]);
}

let server: Server;
let accepted: Accepted[];
let answer: (text: string, socket: Accepted) => void;
let client: ChatClient;

beforeEach(async () => {
  accepted = [];
  answer = (text, socket) => {
    if (text.includes('"hello"')) {
      socket.send(welcome);
      socket.send(sync);
    }
  };
  server = createServer();
  server.on("upgrade", (request, stream) => {
    const accept = createHash("sha1")
      .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest("base64");
    stream.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    accepted.push(new Accepted(stream, (text, socket) => answer(text, socket)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // No wait between tries: these tests are about sockets, not about time.
  vi.spyOn(Math, "random").mockReturnValue(0);
  client = new ChatClient({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    room: "demo",
    transports: ["websocket"],
  });
});
afterEach(async () => {
  client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  vi.restoreAllMocks();
});

const until = (state: ConnectionState["state"]) =>
  vi.waitUntil(() => client.getSnapshot().connection.state === state, untilHang);
const saidOn = (socket: Accepted | undefined) => socket?.said.map((text) => (JSON.parse(text) as ClientFrame).type);

test("[R1] hello leaves first, then what waited", async () => {
  client.submit("hi");
  await until("online");
  await vi.waitUntil(() => accepted[0]?.said.length === 2, untilHang);
  expect(saidOn(accepted[0])).toEqual(["hello", "turn-submit"]);
});

test("[R3] a socket that vanishes is followed by one that resumes", async () => {
  await until("online");
  accepted[0]?.vanish();
  await vi.waitUntil(() => accepted.length === 2, untilHang);
  await until("online");
  expect(JSON.parse(accepted[1]?.said[0] ?? "")).toMatchObject({
    type: "hello",
    have: { epoch: "e1", seq: 0, offsets: {} },
  });
});

test("a terminal close code arrives as the end of the session", async () => {
  answer = (_, socket) => {
    socket.send({ type: "error", code: "unauthenticated", message: "Sign in to use this chat.", retryable: false });
    socket.close(4401);
  };
  await until("closed");
  expect(client.getSnapshot().connection).toEqual({
    state: "closed",
    code: "unauthenticated",
    message: "Sign in to use this chat.",
  });
  expect(accepted).toHaveLength(1);
});

test("a server that is not there yet is found when it is", async () => {
  await until("online");
  const { port } = server.address() as AddressInfo;
  server.close();
  accepted[0]?.vanish();
  await until("reconnecting");
  await vi.waitUntil(() => {
    const { connection } = client.getSnapshot();
    return connection.state === "reconnecting" && connection.attempt > 1;
  }, untilHang);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  await until("online");
});
