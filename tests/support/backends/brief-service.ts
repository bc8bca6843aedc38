/**
 * A real NestJS service with exactly the controller of the brief: `@Controller('model')`, `@Sse('chat')`, a GET with `provider`
 * and `prompt`, events without names and with NestJS's automatic ids, no stop route and no resume. The prompt chooses what it
 * does. It counts its calls. Written without decorator syntax, which Node can't run.
 */
import "reflect-metadata";
import {
  Controller,
  type INestApplication,
  type MessageEvent,
  Module,
  Query,
  ServiceUnavailableException,
  Sse,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { concat, finalize, interval, map, NEVER, type Observable, of, throwError } from "rxjs";

export interface BriefCall {
  readonly method: string;
  readonly provider: string | undefined;
  readonly prompt: string | undefined;
}

export interface BriefService {
  readonly url: string;
  /** Every request to /model, in order. */
  readonly calls: readonly BriefCall[];
  /** Resolves when NestJS has unsubscribed from the answer to this prompt. */
  untilUnsubscribed(prompt: string): Promise<void>;
  close(): Promise<void>;
}

const event = (data: object): MessageEvent => ({ data });
const delta = (text: string) => event({ type: "delta", data: text });
const complete = event({ type: "complete" });

/** What the service streams for a prompt. */
const answers: Readonly<Record<string, () => Observable<MessageEvent>>> = {
  text: () => of(delta("Hello"), delta(", 世界"), delta("！😀"), complete),
  tool: () => of(event({ type: "tool_call", name: "search", args: { q: "x" } }), delta("Found."), complete),
  ping: () =>
    of(
      event({ type: "ping", ts: 1_700_000_000_000 }),
      delta("a"),
      event({ type: "ping", ts: 1 }),
      delta("b"),
      complete,
    ),
  error: () => of(delta("so far"), event({ type: "error", code: "MODEL_TIMEOUT", message: "secret" }), delta("never")),
  throw: () =>
    concat(
      of(delta("so far")),
      throwError(() => new Error("secret: at model.ts:12")),
    ),
  open: () => of(delta("no end")),
  slow: () => concat(interval(20).pipe(map((index) => delta(`${index} `))), NEVER),
};

export async function startBriefService(): Promise<BriefService> {
  const calls: BriefCall[] = [];
  const unsubscribed = new Map<string, PromiseWithResolvers<void>>();
  const gone = (prompt: string) => {
    const known = unsubscribed.get(prompt) ?? Promise.withResolvers<void>();
    unsubscribed.set(prompt, known);
    return known;
  };

  class ModelController {
    chat(_provider: string, prompt: string): Observable<MessageEvent> {
      const [what = "text"] = prompt.split(" ");
      const isFirst = calls.filter((call) => call.method === "GET" && call.prompt === prompt).length === 1;
      if (what === "busy" && isFirst) throw new ServiceUnavailableException("secret");
      return (answers[what] ?? answers["text"] ?? (() => NEVER))().pipe(finalize(() => gone(prompt).resolve()));
    }
  }
  const chat = Object.getOwnPropertyDescriptor(ModelController.prototype, "chat") ?? {};
  Sse("chat")(ModelController.prototype, "chat", chat as TypedPropertyDescriptor<unknown>);
  Query("provider")(ModelController.prototype, "chat", 0);
  Query("prompt")(ModelController.prototype, "chat", 1);
  Controller("model")(ModelController);

  class AppModule {}
  Module({ controllers: [ModelController] })(AppModule);

  const app: INestApplication = await NestFactory.create(AppModule, { logger: false, forceCloseConnections: true });
  app.use((request: { method: string; originalUrl: string }, _: unknown, next: () => void) => {
    const url = new URL(request.originalUrl, "http://service");
    const named = (name: string) => url.searchParams.get(name) ?? undefined;
    if (url.pathname.startsWith("/model"))
      calls.push({ method: request.method, provider: named("provider"), prompt: named("prompt") });
    next();
  });
  await app.listen(0, "127.0.0.1");
  return {
    url: (await app.getUrl()).replace(/\/$/, ""),
    calls,
    untilUnsubscribed: (prompt) => gone(prompt).promise,
    close: () => app.close(),
  };
}
