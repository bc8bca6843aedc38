/** Starts the backend in this process. main.ts calls it with options from the environment, tests with their own. */
import "reflect-metadata";
import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { chatLimits, ProblemFilter } from "edge-chat-gateway/nestjs";
import { BackendModule } from "./backend.module.ts";
import { type BackendOptions, defaultOptions } from "./options.ts";
import { AgentProvider } from "./providers/agent.ts";
import { EchoProvider } from "./providers/echo.ts";
import { GuideProvider } from "./providers/guide.ts";
import { OpenAiProvider } from "./providers/openai.ts";
import type { Provider } from "./providers/provider.ts";
import { Providers } from "./providers/providers.ts";
import { Tracing } from "./tracing.ts";

export interface Backend {
  url: string;
  port: number;
  /** Ends every open answer with an `error` event, then closes the port. */
  close(): Promise<void>;
}

/** Rejects with the system's error (`EADDRINUSE` …) when it cannot listen. */
export async function createBackend(options: Partial<BackendOptions> = {}): Promise<Backend> {
  const { host, port, provider, echo, docsDir, resumable, openai, extraProviders, gateway, otlpEndpoint, isQuiet } = {
    ...defaultOptions(),
    ...options,
  };
  const all: Provider[] = [await GuideProvider.load(docsDir), new AgentProvider()];
  if (echo === true || provider === "echo") {
    all.push(new EchoProvider(gateway?.jwksUrl === undefined ? undefined : new URL(gateway.jwksUrl).origin));
  }
  all.push(...(extraProviders ?? []));
  if (openai !== undefined) all.push(new OpenAiProvider(openai));

  const tracing = new Tracing(otlpEndpoint);
  const app = await NestFactory.create<NestExpressApplication>(
    BackendModule.forRoot(new Providers(all, provider), { ...gateway, resumable }, tracing),
    // Readers hold their connection for minutes; a stop must not wait for them.
    {
      // Without a gateway, the module would warn at each start that anybody may chat, which is what this one is for.
      logger: isQuiet ? false : gateway === undefined ? ["error"] : ["error", "warn"],
      abortOnError: false,
      forceCloseConnections: true,
      bodyParser: false,
    },
  );
  app.useBodyParser("json", { limit: chatLimits.maxBodyBytes, strict: true });
  app.disable("x-powered-by");
  app.useGlobalFilters(new ProblemFilter());
  try {
    await app.init();
    // Not app.listen(): it logs a failure that the caller is about to report better.
    const server: Server = app.getHttpServer();
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    await app.close();
    throw error;
  }
  const close = async () => {
    await app.close();
    await tracing.close();
  };
  const address = app.getHttpServer().address() as AddressInfo;
  const authority = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return { url: `http://${authority}:${address.port}`, port: address.port, close };
}
