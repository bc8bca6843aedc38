/** The chat routes: `EdgeChatController` has the contract, the providers have the answers. */
import { Inject, UseInterceptors } from "@nestjs/common";
import {
  type ChatAnswerer,
  type ChatQuestion,
  EdgeChatController,
  type GenerationEvent,
} from "edge-chat-gateway/nestjs";
import { Providers } from "./providers/providers.ts";
import { TracingInterceptor } from "./tracing.ts";

@EdgeChatController("model/chat")
@UseInterceptors(TracingInterceptor)
export class ChatController implements ChatAnswerer {
  readonly #providers: Providers;

  constructor(@Inject(Providers) providers: Providers) {
    this.#providers = providers;
  }

  answer(question: ChatQuestion, signal: AbortSignal): AsyncIterable<GenerationEvent> {
    return this.#providers.answer(question, signal);
  }
}
