/** The real application on a free loopback port, and the requests of its contract. */

import type { GenerationRecord, GenerationStats } from "edge-chat-gateway/nestjs";
import { type Backend, createBackend } from "../../src/app.ts";
import type { BackendOptions } from "../../src/options.ts";
import { ScriptedProvider } from "./scripted-provider.ts";
import { SseReader } from "./sse.ts";

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  errors?: { pointer?: string; parameter?: string; header?: string; detail: string }[];
}

export class TestBackend {
  readonly scripted: ScriptedProvider;
  readonly #backend: Backend;
  static #lastId = 0;

  private constructor(backend: Backend, scripted: ScriptedProvider) {
    this.#backend = backend;
    this.scripted = scripted;
  }

  static async start(options: Partial<BackendOptions> = {}): Promise<TestBackend> {
    const scripted = new ScriptedProvider();
    const backend = await createBackend({
      port: 0,
      provider: "echo",
      isQuiet: true,
      extraProviders: [scripted],
      ...options,
    });
    return new TestBackend(backend, scripted);
  }

  get url(): string {
    return this.#backend.url;
  }

  /** Ends the readers too: the backend closes their connections. */
  close(): Promise<void> {
    return this.#backend.close();
  }

  newId(): string {
    return `generation-${++TestBackend.#lastId}`;
  }

  body(generationId: string, prompt = "hello", more: Record<string, unknown> = {}): Record<string, unknown> {
    return { generationId, room: "room-1", messages: [{ role: "user", content: prompt }], ...more };
  }

  post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}/model/chat`, postInit(body, headers));
  }

  read(body: unknown, headers: Record<string, string> = {}): Promise<SseReader> {
    return SseReader.open(`${this.url}/model/chat`, postInit(body, headers));
  }

  stop(generationId: string): Promise<Response> {
    return fetch(`${this.url}/model/chat/${generationId}`, { method: "DELETE" });
  }

  async stats(): Promise<GenerationStats> {
    return (await (await fetch(`${this.url}/model/stats`)).json()) as GenerationStats;
  }

  async record(id: string): Promise<GenerationRecord> {
    return (await (await fetch(`${this.url}/model/stats?id=${id}`)).json()) as GenerationRecord;
  }
}

export async function problemOf(response: Response): Promise<Problem> {
  return (await response.json()) as Problem;
}

function postInit(body: unknown, headers: Record<string, string>): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}
