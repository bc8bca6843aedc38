/** Options that can't be used end the start with a sentence that says what to do. */
import "reflect-metadata";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { describe, expect, test } from "vitest";
import { EdgeChatController, EdgeChatModule, type EdgeChatOptions } from "../../../nestjs/index.ts";
import { parseEdgeChatOptions } from "../../../nestjs/options.ts";

describe("forRoot refuses", () => {
  test.each<[unknown, string]>([
    [
      { gatewayUrl: "chat.example.com" },
      'EdgeChatModule: gatewayUrl must be an http(s) URL such as https://chat.example.com, and "chat.example.com" isn\'t one.',
    ],
    [
      { gatewayUrl: "http://chat.example.com" },
      "EdgeChatModule: gatewayUrl is an http URL beyond loopback, so anybody on the way can replace the keys. Use https, or set allowHttp: true if the network is private.",
    ],
    [
      { gatewayUrl: "https://a.example", jwksUrl: "https://b.example" },
      "EdgeChatModule: gatewayUrl and jwksUrl are both given. Leave one out: each says where the keys are.",
    ],
    [{ audience: "x" }, "EdgeChatModule: audience has no use without gatewayUrl. Give the gateway's address, too."],
    [
      { gateway: "https://chat.example.com" },
      "EdgeChatModule: There is no option gateway. The options are gatewayUrl, jwksUrl, audience, allowHttp, usedTokens, resumable.",
    ],
    [{ resumable: { holdMs: -1 } }, "EdgeChatModule: resumable.holdMs must be at least 0."],
    [{ resumable: { keepMs: 1.5 } }, "EdgeChatModule: resumable.keepMs must be a whole number, and 1.5 isn't one."],
    [{ resumable: { hold: 1 } }, "EdgeChatModule: There is no option hold in resumable. The options are holdMs, "],
    [
      { gatewayUrl: "https://a.example", usedTokens: {} },
      "EdgeChatModule: usedTokens needs a method use(id, until, now) that returns whether this is the first use.",
    ],
    ["https://chat.example.com", "EdgeChatModule: The options must be an object."],
  ])("%j", (options, sentence) => {
    expect(() => EdgeChatModule.forRoot(options as EdgeChatOptions)).toThrow(sentence);
  });
});

test("options become settings, with the keys at the gateway's well-known address", () => {
  const { jwksUrl, audience, resumable } = parseEdgeChatOptions({
    gatewayUrl: "https://chat.example.com/",
    resumable: { holdMs: 0, keepMs: undefined as never },
  });
  expect(String(jwksUrl)).toBe("https://chat.example.com/.well-known/jwks.json");
  expect(audience).toBe("model-backend");
  expect(resumable).toMatchObject({ holdMs: 0, keepMs: 600_000 });
  expect(parseEdgeChatOptions({ gatewayUrl: "http://127.0.0.1:8787" }).jwksUrl?.port).toBe("8787");
  expect(parseEdgeChatOptions({ jwksUrl: "http://keys.internal/k.json", allowHttp: true }).jwksUrl?.host).toBe(
    "keys.internal",
  );
  expect(parseEdgeChatOptions({ gatewayUrl: undefined }).jwksUrl).toBeUndefined();
});

test("forRootAsync waits for its factory, injects, and ends the start for bad options", async () => {
  const start = async (gatewayUrl: string) => {
    class ConfigModule {}
    Module({ providers: [{ provide: "GATEWAY", useValue: gatewayUrl }], exports: ["GATEWAY"] })(ConfigModule);
    class AppModule {}
    const chat = EdgeChatModule.forRootAsync({
      imports: [ConfigModule],
      inject: ["GATEWAY"],
      useFactory: async (url: string) => ({ gatewayUrl: url }),
    });
    Module({ imports: [chat] })(AppModule);
    const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
    await app.init();
    await app.close();
  };
  await start("https://chat.example.com");
  await expect(start("nowhere")).rejects.toThrow('and "nowhere" isn\'t one.');
});

test("a controller without an answer is refused when it is declared", () => {
  class Silent {}
  expect(() => EdgeChatController()(Silent as never)).toThrow("Silent needs a method answer(question, signal)");
});
