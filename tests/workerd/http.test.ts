/** The room over HTTP, in the real runtime. */
import { SELF } from "cloudflare:test";
import { expect, test } from "vitest";
import { fresh } from "./tab.ts";

test("[S2] who asks is said by the Worker alone: a visitor's own word for it is dropped", async () => {
  const nobody = encodeURIComponent(JSON.stringify({ sub: "mallory", tenant: "default", scopes: [] }));
  const headers = { "x-gateway-principal": nobody };
  const response = await SELF.fetch(`http://localhost/parties/chat/${fresh("room")}/turns`, { headers });
  expect(response.status).toBe(200);
  await response.body?.cancel();
});
