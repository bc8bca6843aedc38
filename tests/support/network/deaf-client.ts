/** Clients on raw TCP connections that don't read what they are sent: what no WebSocket or HTTP library can be. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

async function connected(port: string, hostname: string): Promise<Socket> {
  const socket = connect(Number(port), hostname);
  socket.setNoDelay(true);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** A reader of server-sent events that takes the head of its answer and nothing of the stream. */
export class DeafStream {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Opens the stream of a room. @param url of the room, `http:`. */
  static async open(url: string): Promise<DeafStream> {
    const { hostname, port, host, pathname } = new URL(url);
    const socket = await connected(port, hostname);
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/event-stream\r\n\r\n`);
    const [head] = (await once(socket, "data")) as [Buffer];
    if (!head.toString().startsWith("HTTP/1.1 200")) throw new Error(head.toString());
    socket.pause();
    return new DeafStream(socket);
  }

  /** Reads what the network still holds, to the end of the connection. */
  async rest(): Promise<string> {
    let text = "";
    this.#socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
    });
    this.#socket.resume();
    await once(this.#socket, "close");
    return text;
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** A WebSocket client that sends frames and reads nothing. */
export class DeafClient {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Opens the socket, says hello, and reads nothing from then on. @param url of the room, `http:`. */
  static async join(url: string): Promise<DeafClient> {
    const { hostname, port, host, pathname } = new URL(url);
    const socket = await connected(port, hostname);
    const key = randomBytes(16).toString("base64");
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    const [head] = (await once(socket, "data")) as [Buffer];
    if (!head.toString().startsWith("HTTP/1.1 101")) throw new Error(head.toString());
    socket.pause();
    const client = new DeafClient(socket);
    client.send({ type: "hello", version: 2 });
    return client;
  }

  /** Sends one masked text frame of less than 64 KiB (RFC 6455 §5.2). */
  send(frame: object): void {
    const payload = Buffer.from(JSON.stringify(frame));
    const mask = randomBytes(4);
    const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
    const head = Buffer.from([0x81, 0x80 | (length[0] ?? 0), ...length.slice(1)]);
    for (const [index, byte] of payload.entries()) payload[index] = byte ^ (mask[index % 4] ?? 0);
    this.#socket.write(Buffer.concat([head, mask, payload]));
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
