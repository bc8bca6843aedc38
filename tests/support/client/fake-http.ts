/**
 * HTTP without a network, for clients over event streams and polls: each request waits until the test answers it, so that
 * the test chooses the race.
 */
import type { RequestOptions } from "../../../client/api/api.ts";
import type { ServerFrame } from "../../../shared/protocol/server-frames.ts";

const encoder = new TextEncoder();

/** The body of an event stream that the test writes. */
export class FakeStream {
  readonly body: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isOver = false;

  constructor() {
    this.body = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
    });
  }

  /** One event each. */
  send(...frames: (ServerFrame | object)[]): void {
    this.write(frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join(""));
  }
  /** Goes nowhere once the stream is over: that is what a late word does. */
  write(chunk: string | Uint8Array): void {
    if (!this.#isOver) this.#controller?.enqueue(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
  }
  end(): void {
    if (!this.#isOver) this.#controller?.close();
    this.#isOver = true;
  }
  break(): void {
    this.#isOver = true;
    this.#controller?.error(new TypeError("network error"));
  }
}

export class FakeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly signal: AbortSignal;
  /** Nobody waits for it any more: it was answered, failed, or given up. */
  isOver = false;
  #settle: (answer: Response | Error) => void = () => {};
  readonly answered: Promise<Response>;

  constructor(url: string, init: RequestOptions) {
    this.method = init.method;
    this.url = new URL(url);
    this.headers = init.headers;
    this.body = init.body === undefined ? undefined : JSON.parse(init.body);
    this.signal = init.signal;
    this.answered = new Promise((resolve, reject) => {
      this.#settle = (answer) => {
        this.isOver = true;
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      };
      init.signal.addEventListener("abort", () => this.#settle(new Error("aborted")));
    });
  }

  get isStream(): boolean {
    return this.headers["accept"] === "text/event-stream";
  }
  get isPoll(): boolean {
    return this.url.searchParams.has("wait");
  }
  /** `POST /turns`, below the room. */
  get what(): string {
    return `${this.method} ${this.url.pathname.replace("/parties/chat/demo", "")}`;
  }

  answer(response: Response): void {
    this.#settle(response);
  }
  json(body: unknown, status = 200, headers: Record<string, string> = {}): void {
    this.#settle(Response.json(body, { status, headers }));
  }
  /** What is in the room's place. */
  page(status = 200): void {
    this.#settle(new Response("<html>", { status, headers: { "content-type": "text/html" } }));
  }
  refuse(code: string, status: number, headers: Record<string, string> = {}): void {
    this.json({ code, title: "Said so.", status }, status, { "content-type": "application/problem+json", ...headers });
  }
  fail(): void {
    this.#settle(new TypeError("fetch failed"));
  }
  /** Answers with an event stream, which ends with the request's own end. */
  stream(...frames: (ServerFrame | object)[]): FakeStream {
    const stream = new FakeStream();
    this.signal.addEventListener("abort", () => stream.break());
    this.#settle(new Response(stream.body, { headers: { "content-type": "text/event-stream; charset=utf-8" } }));
    if (frames.length > 0) stream.send(...frames);
    return stream;
  }
}

export class FakeHttp {
  readonly requests: FakeRequest[] = [];

  readonly fetch = (url: string, init: RequestOptions): Promise<Response> => {
    const request = new FakeRequest(url, init);
    this.requests.push(request);
    return request.answered;
  };

  get streams(): FakeRequest[] {
    return this.requests.filter(({ isStream }) => isStream);
  }
  get polls(): FakeRequest[] {
    return this.requests.filter(({ isPoll }) => isPoll);
  }
  /** Submits, stops and clears. */
  get said(): FakeRequest[] {
    return this.requests.filter(({ method }) => method !== "GET");
  }
}

/** The last of a list that cannot be empty. */
export function last<T>(items: readonly T[]): T {
  const item = items.at(-1);
  if (item === undefined) throw new Error("there is none");
  return item;
}
