/** A NestJS application with `EdgeChatModule` on a free loopback port, and what its tests send. */
import "reflect-metadata";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import {
  type ChatAnswerer,
  EdgeChatController,
  EdgeChatModule,
  type EdgeChatOptions,
  type GenerationRecord,
  type GenerationStats,
  ResumableGenerations,
} from "../../../nestjs/index.ts";

type Answer = ChatAnswerer["answer"];

export class ChatApp {
  readonly url: string;
  readonly generations: ResumableGenerations;
  readonly close: () => Promise<void>;
  static #lastId = 0;

  private constructor(url: string, generations: ResumableGenerations, close: () => Promise<void>) {
    this.url = url;
    this.generations = generations;
    this.close = close;
  }

  static async start(
    options: EdgeChatOptions,
    answer: Answer,
    { rawBody = false, controllers = [] as (new (...args: never[]) => unknown)[] } = {},
  ): Promise<ChatApp> {
    class ChatController implements ChatAnswerer {
      answer(...asked: Parameters<Answer>): ReturnType<Answer> {
        return answer(...asked);
      }
    }
    EdgeChatController()(ChatController);
    class AppModule {}
    Module({ imports: [EdgeChatModule.forRoot(options)], controllers: [ChatController, ...controllers] })(AppModule);
    const app = await NestFactory.create(AppModule, { logger: false, rawBody, forceCloseConnections: true });
    await app.listen(0, "127.0.0.1");
    const url = (await app.getUrl()).replace(/\/$/, "");
    return new ChatApp(url, app.get(ResumableGenerations), () => app.close());
  }

  newId(): string {
    return `generation-${++ChatApp.#lastId}`;
  }

  body(generationId: string, prompt = "hello", more: Record<string, unknown> = {}): Record<string, unknown> {
    return { generationId, room: "room-1", messages: [{ role: "user", content: prompt }], ...more };
  }

  stats(): GenerationStats {
    return this.generations.stats();
  }

  record(id: string): GenerationRecord | undefined {
    return this.generations.record(id);
  }
}

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly errors?: readonly { readonly pointer?: string; readonly header?: string; readonly detail: string }[];
}

export async function problemOf(response: Response): Promise<Problem> {
  return (await response.json()) as Problem;
}
