/** The backend as the gateway meets it: the calls of the contract, and what came back, event by event with its time. */
import { createParser } from "eventsource-parser";
import { defined } from "../../../shared/defined.ts";
import { namedEvent } from "./unified-events.ts";

export interface Event {
  readonly id: string | undefined;
  readonly name: string;
  readonly data: unknown;
  /** Milliseconds since the request. */
  readonly at: number;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly events: readonly Event[];
  /** Reads of the body that had something. */
  readonly reads: number;
}

/** Long enough to be streamed, stopped and resumed, whatever answers: an echo says it back, a model repeats it. */
export const longPrompt = `Repeat these words exactly: ${Array.from({ length: 100 }, (_, index) => `word-${index}`).join(" ")}`;

export interface Asking {
  readonly generationId: string;
  readonly prompt?: string;
  readonly lastEventId?: string;
  /** Leaves after so many events. */
  readonly leaveAfter?: number;
  /** Called once so many events have come. */
  readonly midway?: { readonly after: number; readonly do: () => Promise<unknown> };
}

export class ContractClient {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param headers sent with every call, such as `authorization`. */
  constructor(base: string, headers: Readonly<Record<string, string>>) {
    this.#base = base.replace(/\/+$/, "");
    this.#headers = headers;
  }

  newId(): string {
    return `doctor-${crypto.randomUUID().slice(0, 18)}`;
  }

  get(path: string): Promise<Response> {
    return fetch(this.#base + path, { headers: this.#headers, redirect: "manual" });
  }

  post(body: string): Promise<Response> {
    const headers = { ...this.#headers, "content-type": "application/json" };
    return fetch(`${this.#base}/model/chat`, { method: "POST", headers, body, redirect: "manual" });
  }

  /** The status of `DELETE /model/chat/:id`. */
  async stop(generationId: string): Promise<number> {
    const url = `${this.#base}/model/chat/${encodeURIComponent(generationId)}`;
    const response = await fetch(url, { method: "DELETE", headers: this.#headers, redirect: "manual" });
    await response.body?.cancel();
    return response.status;
  }

  /** Asks, and reads to the end, or until it leaves. */
  async ask({ generationId, prompt = longPrompt, lastEventId, leaveAfter, midway }: Asking): Promise<Answer> {
    const controller = new AbortController();
    const started = performance.now();
    const response = await fetch(`${this.#base}/model/chat`, {
      method: "POST",
      headers: {
        ...this.#headers,
        "content-type": "application/json",
        accept: "text/event-stream, application/json;q=0.9, text/plain;q=0.8",
        "idempotency-key": generationId,
        ...defined({ "last-event-id": lastEventId }),
      },
      body: JSON.stringify({ generationId, room: "doctor", messages: [{ role: "user", content: prompt }] }),
      redirect: "manual",
      signal: controller.signal,
    });
    const events: Event[] = [];
    const parser = createParser({
      onEvent: ({ id, event = "message", data }) => {
        const named = namedEvent(event, jsonOf(data));
        if (named !== undefined) events.push({ id, ...named, at: performance.now() - started });
      },
    });
    let reads = 0;
    let isDone = false;
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) {
        reads += 1;
        parser.feed(decoder.decode(chunk, { stream: true }));
        if (leaveAfter !== undefined && events.length >= leaveAfter) controller.abort();
        if (midway !== undefined && !isDone && events.length >= midway.after) {
          isDone = true;
          await midway.do();
        }
      }
    } catch (error) {
      // Our own leaving ends the reading with an error; anything else cut the answer off, which the events show.
      if (!controller.signal.aborted && events.length === 0) throw error;
    }
    return { status: response.status, contentType: response.headers.get("content-type") ?? "", events, reads };
  }
}

/** What an answer says, as one text. */
export function textOf(events: readonly Event[]): string {
  return events
    .filter(({ name }) => name === "token")
    .map(({ data }) => (typeof data === "object" && data !== null && "text" in data ? String(data.text) : ""))
    .join("");
}

function jsonOf(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    // Plain text is what some backends send: a check says so.
    return data;
  }
}
