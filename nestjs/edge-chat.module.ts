/**
 * `EdgeChatModule.forRoot({ gatewayUrl })` in your application's imports. It is global: controllers of any module may use
 * `EdgeChatController`, `resumable()` and `GatewayGuard`, and inject `ResumableGenerations`.
 */
import {
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Logger,
  Module,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type Provider,
} from "@nestjs/common";
import { ResumableGenerations } from "./generations/resumable-generations.ts";
import { GatewayTokens } from "./guard/gateway-tokens.ts";
import { EDGE_CHAT_SETTINGS, type EdgeChatOptions, parseEdgeChatOptions } from "./options.ts";

type OptionsFactory = FactoryProvider<EdgeChatOptions | Promise<EdgeChatOptions>>;

export interface EdgeChatAsyncOptions {
  /** Modules whose providers the factory injects. */
  readonly imports?: ModuleMetadata["imports"];
  /** What the factory receives, in this order. */
  readonly inject?: OptionsFactory["inject"];
  readonly useFactory: OptionsFactory["useFactory"];
}

@Module({})
export class EdgeChatModule implements OnApplicationBootstrap {
  readonly #tokens: GatewayTokens;

  constructor(@Inject(GatewayTokens) tokens: GatewayTokens) {
    this.#tokens = tokens;
  }

  /** @throws EdgeChatOptionsError, at once, for options that can't be used */
  static forRoot(options: EdgeChatOptions = {}): DynamicModule {
    return moduleWith([], { provide: EDGE_CHAT_SETTINGS, useValue: parseEdgeChatOptions(options) });
  }

  /** The application doesn't start when the factory returns options that can't be used. */
  static forRootAsync({ imports = [], inject = [], useFactory }: EdgeChatAsyncOptions): DynamicModule {
    return moduleWith(imports, {
      provide: EDGE_CHAT_SETTINGS,
      inject,
      useFactory: async (...injected: unknown[]) => parseEdgeChatOptions(await useFactory(...injected)),
    });
  }

  onApplicationBootstrap(): void {
    if (this.#tokens.isRequired) return;
    new Logger("EdgeChat").warn(
      "Anybody who reaches this service may chat. Give EdgeChatModule the gateway's address (gatewayUrl) to serve the gateway alone.",
    );
  }
}

function moduleWith(imports: NonNullable<ModuleMetadata["imports"]>, settings: Provider): DynamicModule {
  return {
    module: EdgeChatModule,
    global: true,
    imports,
    providers: [settings, GatewayTokens, ResumableGenerations],
    exports: [EDGE_CHAT_SETTINGS, GatewayTokens, ResumableGenerations],
  };
}
