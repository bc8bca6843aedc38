// What the other browser tests stand on: the Chromium from npm loads a page and holds a WebSocket.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";

test("a real browser loads a page whose script receives a WebSocket message", async () => {
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(`<p>你好</p><output></output><script>
      new WebSocket(location.href.replace("http", "ws")).onmessage = (event) => {
        document.querySelector("output").textContent = event.data;
      };
    </script>`);
  });
  server.on("upgrade", (request, socket) => {
    // The handshake of RFC 6455 §4.2.2 and one text frame.
    const accept = createHash("sha1").update(
      `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
    );
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept.digest("base64")}\r\n\r\n`,
    );
    socket.write(Buffer.from([0x81, 2, ...Buffer.from("hi")]));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    expect(await page.textContent("p")).toBe("你好");
    await page.waitForFunction(() => document.querySelector("output")?.textContent === "hi");
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
});
