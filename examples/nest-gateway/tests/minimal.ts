/** The controller of docs/guide.md and docs/nestjs.md: a service with a model of its own. */
// #region controller
import { Module } from "@nestjs/common";
import { type ChatQuestion, EdgeChatController, EdgeChatModule } from "edge-chat-gateway/nestjs";
import { myModel } from "./minimal-model.ts";

@EdgeChatController("model/chat")
export class ChatController {
  answer({ messages }: ChatQuestion, signal: AbortSignal) {
    return myModel(messages, signal); // text, events or AI SDK chunks; it ends when the signal aborts
  }
}

@Module({
  imports: [EdgeChatModule.forRoot({ gatewayUrl: process.env["GATEWAY_URL"] })],
  controllers: [ChatController],
})
export class AppModule {}
// #endregion
