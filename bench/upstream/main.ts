/**
 * The backend of all contenders, a NestJS service in a process of its own. One source of tokens (answer.ts), told in three ways:
 * the unified events of this project's contract, chunks as OpenAI sends them, and Nest's own WebSocket gateway.
 */
import "reflect-metadata";
import { Body, Controller, Delete, Get, HttpCode, type MessageEvent, Module, RequestMethod, Sse } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { WsAdapter } from "@nestjs/platform-ws";
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from "@nestjs/websockets";
import { Observable } from "rxjs";
import type { WebSocket } from "ws";
import { answer } from "./answer.ts";
import { type Order, orderIn } from "./order.ts";

/** Nest queues what a reader has not taken and hangs up past this; the longest answer fits. */
const maxPendingDataLength = 64 * 1024 * 1024;

interface Asked {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

/** The last prompt, also where it comes in parts. */
function orderOf(body: Asked): Order {
  const content = body.messages.findLast(({ role }) => role === "user")?.content;
  return orderIn(typeof content === "string" ? content : JSON.stringify(content));
}

@Controller("model")
class UnifiedController {
  @Sse("chat", { method: RequestMethod.POST, maxPendingDataLength })
  @HttpCode(200)
  chat(@Body() body: Asked): Observable<MessageEvent> {
    const order = orderOf(body);
    return new Observable((events) => {
      let id = 0;
      const say = (type: string, data: object) => {
        id += 1;
        events.next({ id: String(id), type, data });
      };
      say("start", { model: "bench", resumable: false });
      return answer(
        order,
        (text) => say("token", { text }),
        () => {
          say("done", { finishReason: "stop" });
          events.complete();
        },
      );
    });
  }

  @Delete("chat/:id")
  @HttpCode(204)
  stop(): void {}
}

@Controller("v1")
class OpenAiController {
  @Sse("chat/completions", { method: RequestMethod.POST, maxPendingDataLength })
  @HttpCode(200)
  chat(@Body() body: Asked): Observable<MessageEvent> {
    const order = orderOf(body);
    const common = {
      id: "bench",
      object: "chat.completion.chunk",
      created: Math.floor(Date.now() / 1_000),
      model: "bench",
    };
    return new Observable((events) => {
      const say = (delta: object, finish_reason: string | null) =>
        events.next({ data: { ...common, choices: [{ index: 0, delta, finish_reason }] } });
      say({ role: "assistant", content: "" }, null);
      return answer(
        order,
        (content) => say({ content }, null),
        () => {
          say({}, "stop");
          events.next({ data: "[DONE]" });
          events.complete();
        },
      );
    });
  }

  @Get("models")
  models(): object {
    return { object: "list", data: [{ id: "bench", object: "model" }] };
  }
}

/** Rooms as Nest's documentation makes them with plain WebSockets: a set of clients, told one by one. */
@WebSocketGateway()
class ChatGateway {
  readonly #rooms = new Map<string, Set<WebSocket>>();

  @SubscribeMessage("join")
  join(@MessageBody() room: string, @ConnectedSocket() client: WebSocket): { event: string; data: string } {
    const members = this.#rooms.get(room) ?? new Set();
    this.#rooms.set(room, members.add(client));
    client.on("close", () => members.delete(client));
    return { event: "joined", data: room };
  }

  @SubscribeMessage("ask")
  ask(@MessageBody() { room, prompt }: { room: string; prompt: string }): void {
    const tell = (event: string, data: object) => {
      const text = JSON.stringify({ event, data });
      for (const member of this.#rooms.get(room) ?? []) member.send(text);
    };
    answer(
      orderIn(prompt),
      (text) => tell("token", { text }),
      () => tell("done", {}),
    );
  }
}

@Module({ controllers: [UnifiedController, OpenAiController], providers: [ChatGateway] })
class BenchModule {}

const app = await NestFactory.create(BenchModule, { logger: ["error", "warn"], forceCloseConnections: true });
app.useWebSocketAdapter(new WsAdapter(app));
await app.listen(0, "127.0.0.1");
console.log(`upstream listening on ${(await app.getUrl()).replace("[::1]", "127.0.0.1")}`);
