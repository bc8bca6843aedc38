/** A WebSocket client on a raw TCP connection that sends frames and never reads: what no WebSocket library can be. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export class DeafClient {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Opens the socket, says hello, and reads nothing from then on. @param url of the room, `http:`. */
  static async join(url: string): Promise<DeafClient> {
    const { hostname, port, host, pathname } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    const key = randomBytes(16).toString("base64");
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    const [head] = (await once(socket, "data")) as [Buffer];
    if (!head.toString().startsWith("HTTP/1.1 101")) throw new Error(head.toString());
    socket.pause();
    const client = new DeafClient(socket);
    client.send({ type: "hello", version: 1 });
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
