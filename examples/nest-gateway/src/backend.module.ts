/** The application as one module: two controllers, the resumable store, the providers it is given. */
import { type DynamicModule, Module } from "@nestjs/common";
import { ChatController } from "./chat.controller.ts";
import { Providers } from "./chat-request.ts";
import { GATEWAY_TRUST, type GatewayTrust } from "./gateway-guard.ts";
import { InfoController } from "./info.controller.ts";
import { ResumableModule, type ResumableOptions } from "./resumable/index.ts";
import { Tracing } from "./tracing.ts";

@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: a Nest module is a class, and forRoot is its convention.
export class BackendModule {
  static forRoot(
    providers: Providers,
    resumable: Partial<ResumableOptions>,
    trust: GatewayTrust | undefined,
    tracing: Tracing,
  ): DynamicModule {
    return {
      module: BackendModule,
      imports: [ResumableModule.forRoot(resumable)],
      controllers: [ChatController, InfoController],
      providers: [
        { provide: Providers, useValue: providers },
        { provide: GATEWAY_TRUST, useValue: trust },
        { provide: Tracing, useValue: tracing },
      ],
    };
  }
}
