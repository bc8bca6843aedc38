// A NestJS service that answers: the whole program of docs/nestjs.md. `tests/package/nestjs.test.ts` runs it.
// #region service
import "reflect-metadata";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { type ChatQuestion, EdgeChatController, EdgeChatModule } from "edge-chat-gateway/nestjs";

@EdgeChatController("model/chat")
class ChatController {
  async *answer({ prompt }: ChatQuestion, signal: AbortSignal) {
    for (const word of `You said: ${prompt}`.split(" ")) {
      if (signal.aborted) return; // the reader pressed stop
      yield `${word} `; // your model's stream
    }
  }
}

const gatewayUrl = process.env["GATEWAY_URL"]; // unset: anybody may call
@Module({ imports: [EdgeChatModule.forRoot({ gatewayUrl })], controllers: [ChatController] })
class AppModule {}

const app = await NestFactory.create(AppModule);
await app.listen(Number(process.env["PORT"] ?? 3000));
// #endregion
