/** The service that `tests/package/nestjs.test.ts` builds and runs in projects of NestJS 10, 11 and 12, on Express and on Fastify. */
import "reflect-metadata";
import { setTimeout as wait } from "node:timers/promises";
import { Controller, Get, Inject, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import {
  type ChatQuestion,
  EdgeChatController,
  EdgeChatModule,
  type GenerationStats,
  ResumableGenerations,
} from "edge-chat-gateway/nestjs";

@EdgeChatController("model/chat")
class ChatController {
  /** Counts to the number that was asked. */
  async *answer({ prompt }: ChatQuestion, signal: AbortSignal) {
    for (let n = 1; n <= Number(prompt) && !signal.aborted; n += 1) {
      yield `${n} `;
      await wait(10);
    }
  }
}

@Controller("stats")
class StatsController {
  readonly #generations: ResumableGenerations;

  constructor(@Inject(ResumableGenerations) generations: ResumableGenerations) {
    this.#generations = generations;
  }

  @Get()
  stats(): GenerationStats {
    return this.#generations.stats();
  }
}

@Module({
  imports: [EdgeChatModule.forRootAsync({ useFactory: () => ({ gatewayUrl: process.env["GATEWAY_URL"] }) })],
  controllers: [ChatController, StatsController],
})
class AppModule {}

async function start(): Promise<void> {
  const { FastifyAdapter } = await import("@nestjs/platform-fastify");
  const isFastify = process.env["PLATFORM"] === "fastify";
  const logger = ["error" as const, "warn" as const];
  const options = { logger, rawBody: process.env["RAW_BODY"] === "yes", forceCloseConnections: true };
  const app = isFastify
    ? await NestFactory.create(AppModule, new FastifyAdapter(), options)
    : await NestFactory.create(AppModule, options);
  await app.listen(Number(process.env["PORT"]), "127.0.0.1");
  console.log(`listening on http://127.0.0.1:${process.env["PORT"]}`);
}

void start();
