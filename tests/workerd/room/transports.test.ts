/** The transport contract on the production runtime. */
import { SELF } from "cloudflare:test";
import { transportContract } from "../../contract/transport-contract.ts";
import { upstream } from "./tab.ts";

transportContract({
  passesBackPressure: true,
  fetch: (path, init) => SELF.fetch(`http://localhost${path}`, init),
  connect: async (path) => {
    const { webSocket } = await SELF.fetch(`http://localhost${path}`, { headers: { upgrade: "websocket" } });
    if (webSocket === null) throw new Error("no socket");
    webSocket.accept();
    return webSocket;
  },
  upstream,
});
