/** Tests that the backend reads files from its gateway, and from nowhere else. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readUploadedFile, withReadFiles } from "../src/uploaded-files.ts";

let server: Server;
let origin: string;
const requests: string[] = [];
const { signal } = new AbortController();

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request.url ?? "");
    if (request.url?.includes("/files/moved"))
      response.writeHead(302, { location: "/parties/chat/lobby/files/f1" }).end();
    else if (request.url?.includes("/files/huge")) response.writeHead(200, { "content-length": "99999999" }).end();
    else if (request.url?.includes("/files/endless")) {
      // No length is said, as of an answer that is compressed on its way.
      const more = () => response.write(Buffer.alloc(1_048_576)) && setImmediate(more);
      response.on("drain", more).on("close", () => response.removeAllListeners("drain"));
      more();
    } else if (request.url?.includes("/files/chunked")) response.write("hi", () => response.end());
    else if (request.url?.includes("/files/gone")) response.writeHead(410).end();
    else response.writeHead(200, { "content-type": "text/plain; charset=utf-8", "content-length": "2" }).end("hi");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

describe("an uploaded file", () => {
  test("is read from the gateway, on this machine or at its origin", async () => {
    const url = `${origin}/parties/chat/lobby/files/f1?until=a&sig=b`;
    const chunked = `${origin}/parties/chat/lobby/files/chunked`;
    expect((await readUploadedFile(chunked, undefined, signal))?.bytes.byteLength).toBe(2);
    for (const from of [undefined, origin]) {
      expect(await readUploadedFile(url, from, signal)).toMatchObject({
        bytes: Buffer.from("hi"),
        mediaType: "text/plain; charset=utf-8",
      });
    }
  });

  test.each([
    "https://example.com/parties/chat/lobby/files/f1",
    "http://10.0.0.1/parties/chat/lobby/files/f1",
    "file:///etc/passwd",
    "no address",
  ])("is not read from %s", async (url) => expect(await readUploadedFile(url, undefined, signal)).toBeUndefined());

  test("is not read from another path of the gateway, nor from this machine where the gateway is elsewhere", async () => {
    const before = requests.length;
    expect(await readUploadedFile(`${origin}/metrics`, undefined, signal)).toBeUndefined();
    expect(
      await readUploadedFile(`${origin}/parties/chat/a/files/b`, "https://chat.example.com", signal),
    ).toBeUndefined();
    expect(requests).toHaveLength(before);
  });

  test.each(["moved", "huge", "endless", "gone"])("that is %s is left unread", async (id) => {
    expect(await readUploadedFile(`${origin}/parties/chat/lobby/files/${id}`, undefined, signal)).toBeUndefined();
  });

  test("becomes a data URL among the parts of a question, and other parts stay", async () => {
    const parts = [
      { type: "text", text: "look" },
      { type: "file", mediaType: "image/png", url: `${origin}/parties/chat/lobby/files/f1` },
      { type: "file", mediaType: "image/png", url: "https://example.com/a.png" },
    ];
    expect(await withReadFiles(parts, undefined, signal)).toEqual([
      parts[0],
      { type: "file", mediaType: "text/plain", url: "data:text/plain;base64,aGk=" },
      parts[2],
    ]);
  });
});
