/** The application as one module: two controllers, and the providers it is given. */
import { type DynamicModule, Module } from "@nestjs/common";
import { EdgeChatModule, type EdgeChatOptions } from "edge-chat-gateway/nestjs";
import { ChatController } from "./chat.controller.ts";
import { InfoController } from "./info.controller.ts";
import { Providers } from "./providers/providers.ts";
import { Tracing } from "./tracing.ts";

@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: a Nest module is a class, and forRoot is its convention.
export class BackendModule {
  static forRoot(providers: Providers, chat: EdgeChatOptions, tracing: Tracing): DynamicModule {
    return {
      module: BackendModule,
      imports: [EdgeChatModule.forRoot(chat)],
      controllers: [ChatController, InfoController],
      providers: [
        { provide: Providers, useValue: providers },
        { provide: Tracing, useValue: tracing },
      ],
    };
  }
}
