/** Tests the client's upload: what it sends, that it tries again under the same id, and how it ends. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { discardFile, UploadError, type UploadOptions, uploadFile } from "../../../../client/upload.ts";

const done = {
  id: "f1",
  url: "https://c.example/parties/chat/lobby/files/f1?sig=x",
  mediaType: "text/plain",
  bytes: 2,
  expiresAt: 1,
};
const file = new File(["hi"], "grüße (1).txt", { type: "text/plain" });

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** Answers requests in turn; the last answer again and again. */
function answering(...answers: (Response | Error)[]): Sent[] {
  const sent: Sent[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const answer = answers[Math.min(sent.length, answers.length - 1)];
    sent.push({ url, init });
    if (answer instanceof Error) throw answer;
    return answer?.clone();
  });
  // Pauses between tries take no time.
  vi.stubGlobal("setTimeout", (run: () => void) => queueMicrotask(run));
  return sent;
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });
const problem = (status: number, code: string, retryable: boolean, headers: Record<string, string> = {}) =>
  json(status, { code, title: "Title.", detail: "Detail.", retryable }, headers);
const into = (more: Partial<UploadOptions> = {}): UploadOptions => ({
  url: "https://c.example",
  room: "lobby",
  ...more,
});
const headersOf = ({ init }: Sent) => new Headers(init.headers);

afterEach(() => vi.unstubAllGlobals());

describe("[F8] uploadFile", () => {
  test("sends the bytes with their type, name, id and token, and resolves with the file", async () => {
    const sent = answering(json(201, done));
    expect(await uploadFile(file, into({ token: async (room) => `token of ${room}`, id: "u1" }))).toEqual(done);
    const [request] = sent;
    expect([request?.url, request?.init.method]).toEqual(["https://c.example/parties/chat/lobby/files", "POST"]);
    expect(request?.init.body).toBe(file);
    expect(Object.fromEntries(headersOf(request as Sent))).toMatchObject({
      authorization: "Bearer token of lobby",
      "content-type": "text/plain",
      "idempotency-key": "u1",
      "content-disposition": "attachment; filename*=UTF-8''gr%C3%BC%C3%9Fe%20%281%29.txt",
    });
  });

  test("tries again under the same id after a lost connection and after a refusal that will pass", async () => {
    const sent = answering(new TypeError("network"), problem(503, "draining", true), json(200, done));
    expect(await uploadFile(file, into())).toEqual(done);
    const ids = sent.map((request) => headersOf(request).get("idempotency-key"));
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
  });

  test("gives up at a refusal for good, with the gateway's code and words", async () => {
    const sent = answering(problem(413, "file-too-large", false));
    const error = await uploadFile(file, into()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UploadError);
    expect(error).toMatchObject({ code: "file-too-large", message: "Detail.", retryable: false });
    expect(sent).toHaveLength(1);
  });

  test("doesn't wait longer than a person would", async () => {
    const sent = answering(problem(429, "rate-limited", true, { "retry-after": "60" }));
    await expect(uploadFile(file, into())).rejects.toMatchObject({ code: "rate-limited", retryable: true });
    expect(sent).toHaveLength(1);
  });

  test("gives up after a few tries, and says that nothing answers", async () => {
    const sent = answering(new TypeError("network"));
    await expect(uploadFile(file, into())).rejects.toMatchObject({ code: "unreachable", retryable: true });
    expect(sent).toHaveLength(4);
  });

  test("takes a proxy's page for no answer of the gateway", async () => {
    answering(new Response("<h1>413</h1>", { status: 413 }));
    await expect(uploadFile(file, into())).rejects.toMatchObject({ code: "unreachable", retryable: false });
    answering(json(200, { hello: "world" }));
    await expect(uploadFile(file, into())).rejects.toMatchObject({ code: "unreachable" });
  });

  test("ends with the signal's reason, before and while it sends", async () => {
    const sent = answering(json(201, done));
    const reason = new Error("removed");
    await expect(uploadFile(file, into({ signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    expect(sent).toHaveLength(0);
    const abort = new AbortController();
    vi.stubGlobal("fetch", async (_: string, { signal }: RequestInit) => {
      abort.abort(reason);
      throw signal?.reason;
    });
    await expect(uploadFile(file, into({ signal: abort.signal }))).rejects.toBe(reason);
  });
});

test("[F8] discardFile removes the file, and never rejects", async () => {
  const sent = answering(new Response(null, { status: 204 }), new TypeError("network"));
  await discardFile(done, into({ token: () => "t" }));
  await discardFile(done, into());
  expect(sent.map(({ url, init }) => [url, init.method])[0]).toEqual([
    "https://c.example/parties/chat/lobby/files/f1",
    "DELETE",
  ]);
});
