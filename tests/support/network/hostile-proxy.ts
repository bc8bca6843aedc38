// Networks that do not mean well, as a proxy on the loopback interface: what stands between a user and the gateway in an office,
// a hotel or on a phone. Each vice is its own switch; a test puts together what it is about.
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { type Duplex, PassThrough, pipeline, Readable, Transform } from "node:stream";
import { createGzip } from "node:zlib";

export interface Vices {
  /** Answers 403 to a WebSocket's upgrade. */
  readonly refusesUpgrades?: boolean;
  /** Answers a DELETE with 405 and a page of its own. */
  readonly refusesDeletes?: boolean;
  /** Answers a request whose body holds these words with 403 and a page of its own. */
  readonly blocksWords?: string;
  /** Holds back what the gateway says until there are so many bytes of it, or its end. */
  readonly buffersBytes?: number;
  /** Cuts every connection so long after it was made. */
  readonly cutsAfterMs?: number;
  /** Everything, in both directions, comes so much later. */
  readonly delaysMs?: number;
  /** Compresses, without a flush, and takes the header away that asks not to. */
  readonly gzips?: boolean;
}

interface Count {
  open: number;
  most: number;
}

export interface HostileProxy {
  readonly url: string;
  /** Cuts every connection there is now. */
  cut(): void;
  /** Nothing more arrives on the connections that there are; they stay open. New ones work. */
  goDeaf(): void;
  /** Upgrades pass from now on. */
  allowUpgrades(): void;
  /** Event streams that pass through now, and the most there were at once. */
  readonly streams: Count;
  /** The same of polls that wait for something new. */
  readonly longPolls: Count;
  stop(): Promise<void>;
}

/** @param target where the gateway listens */
export async function startHostileProxy(target: string, vices: Vices): Promise<HostileProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Duplex>();
  const streams: Count = { open: 0, most: 0 };
  const longPolls: Count = { open: 0, most: 0 };
  let refusesUpgrades = vices.refusesUpgrades === true;
  const server = createServer((incoming, outgoing) => {
    if (incoming.headers.accept === "text/event-stream") countOpen(streams, outgoing);
    if (/[?&]wait=[1-9]/.test(incoming.url ?? "")) countOpen(longPolls, outgoing);
    const { refusesDeletes, blocksWords } = vices;
    if (refusesDeletes && incoming.method === "DELETE") refuse(incoming, outgoing, 405);
    else if (blocksWords === undefined || incoming.method !== "POST") {
      forward(incoming, outgoing, { hostname, port }, vices);
    } else {
      void readWhole(incoming).then((body) => {
        if (body.includes(blocksWords)) refuse(incoming, outgoing, 403);
        else forward(incoming, outgoing, { hostname, port }, vices, body);
      }, ignoreCut);
    }
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    if (vices.cutsAfterMs === undefined) return;
    const timer = setTimeout(() => socket.destroy(), vices.cutsAfterMs);
    socket.on("close", () => clearTimeout(timer));
  });
  server.on("upgrade", (incoming, socket, head) => {
    if (refusesUpgrades) {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    const upstream = connect(Number(port), hostname);
    const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
    for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
      lines.push(`${incoming.rawHeaders[at]}: ${incoming.rawHeaders[at + 1]}`);
    }
    upstream.write(`${lines.join("\r\n")}\r\n\r\n`);
    upstream.write(head);
    passOn(socket, upstream, vices);
    passOn(upstream, socket, vices);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    goDeaf: () => {
      for (const socket of sockets) socket.cork();
    },
    allowUpgrades: () => {
      refusesUpgrades = false;
    },
    streams,
    longPolls,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function countOpen(count: Count, outgoing: ServerResponse): void {
  count.open += 1;
  count.most = Math.max(count.most, count.open);
  outgoing.on("close", () => {
    count.open -= 1;
  });
}

function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  to: { hostname: string; port: string },
  vices: Vices,
  body?: Buffer,
): void {
  const { method, url } = incoming;
  // Who compresses asks for what is not compressed yet.
  const headers = vices.gzips ? { ...incoming.headers, "accept-encoding": "identity" } : incoming.headers;
  const upstream = request({ ...to, method, path: url, headers, agent: false }, (answer) => {
    const { statusCode = 502, headers: answered } = answer;
    const isStream = answered["content-type"]?.startsWith("text/event-stream") === true;
    const kept = { ...answered };
    if (vices.gzips) {
      delete kept["x-accel-buffering"];
      delete kept["content-length"];
      kept["content-encoding"] = "gzip";
    }
    const layers: Transform[] = [];
    if (vices.gzips) layers.push(createGzip());
    if (vices.buffersBytes !== undefined) layers.push(holdBack(vices.buffersBytes));
    if (vices.delaysMs !== undefined) layers.push(delay(vices.delaysMs));
    const send = () => {
      outgoing.writeHead(statusCode, kept);
      // The headers of a stream that is held back leave with its first bytes, as from a proxy that collects answers.
      if (isStream && vices.buffersBytes === undefined && !vices.gzips) outgoing.flushHeaders();
    };
    if (vices.delaysMs === undefined) send();
    else setTimeout(send, vices.delaysMs);
    pipeline([answer, ...layers, outgoing], ignoreCut);
  });
  upstream.on("error", () => outgoing.destroy());
  // A reader who leaves is gone for the gateway too.
  outgoing.on("close", () => upstream.destroy());
  const source = body === undefined ? incoming : Readable.from([body]);
  pipeline([source, vices.delaysMs === undefined ? new PassThrough() : delay(vices.delaysMs), upstream], ignoreCut);
}

function refuse(incoming: IncomingMessage, outgoing: ServerResponse, status: number): void {
  incoming.resume();
  outgoing.writeHead(status, { "content-type": "text/html" }).end("<title>Blocked</title>");
}

async function readWhole(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function passOn(from: Duplex, to: Duplex, { delaysMs }: Vices): void {
  pipeline([from, delaysMs === undefined ? new PassThrough() : delay(delaysMs), to], ignoreCut);
}

/** A cut is what these networks do; both ends hear of it from their own side. */
function ignoreCut(): void {}

function holdBack(bytes: number): Transform {
  let held: Buffer[] = [];
  let size = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      held.push(chunk);
      size += chunk.length;
      if (size >= bytes) {
        this.push(Buffer.concat(held));
        held = [];
        size = 0;
      }
      done();
    },
    flush(done) {
      this.push(Buffer.concat(held));
      done();
    },
  });
}

/** Each chunk later by the same time: they keep their order. */
function delay(ms: number): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      setTimeout(() => this.push(chunk), ms);
      done();
    },
    flush(done) {
      setTimeout(done, ms);
    },
  });
}
