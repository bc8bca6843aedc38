/**
 * The client behind a real nginx with other settings than the recipes' (`recipes.test.ts`): those it has when nobody sets any,
 * and those that hold streams back. Run by `npm run test:nginx`.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { ChatClient, type TransportName } from "../../client/index.ts";
import { textOf } from "../../shared/content.ts";
import { untilSnapshot } from "../support/client.ts";
import { isInstalled, startNginx } from "../support/network/own-proxy.ts";
import { startTestStack, type TestStack } from "../support/stack.ts";

/** What stands in `location /` beside `proxy_pass`. */
const settings: readonly [string, string, TransportName][] = [
  ["default settings", "", "sse"],
  [
    "gzip, and a deaf ear for X-Accel-Buffering",
    "proxy_ignore_headers X-Accel-Buffering; gzip on; gzip_types *;",
    "poll",
  ],
];

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(async () => {
  await stack?.stop();
});

test.skipIf(!isInstalled("nginx")).each(settings)(
  "behind nginx with %s every word arrives once, and a stop stops",
  async (name, location, transport) => {
    const nginx = await startNginx(
      (port) => `server { listen 127.0.0.1:${port}; location / { proxy_pass ${stack.url}; ${location} } }`,
    );
    const client = new ChatClient({
      url: `http://127.0.0.1:${nginx.port}`,
      room: `nginx-${settings.findIndex(([other]) => other === name)}`,
    });
    try {
      const prompt = Array.from({ length: 300 }, (_, index) => `w${index}`).join(" ");
      client.submit(prompt, { params: { tokensPerSecond: 100 } });
      const { turns, connection } = await untilSnapshot(client, (snapshot) => snapshot.turns[0]?.state === "settled");
      expect(turns[0]).toMatchObject({ outcome: "completed" });
      expect(textOf(turns[0]?.parts ?? [])).toBe(prompt);
      expect(connection).toMatchObject({ state: "online", transport });
      const second = client.submit(prompt, { params: { tokensPerSecond: 20 } });
      await untilSnapshot(client, (snapshot) => (snapshot.turns[1]?.length ?? 0) > 0);
      client.cancel(second);
      const stopped = await untilSnapshot(client, (snapshot) => snapshot.turns[1]?.state === "settled");
      expect(stopped.turns[1]).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
    } finally {
      client.close();
      await nginx.stop();
    }
  },
);
