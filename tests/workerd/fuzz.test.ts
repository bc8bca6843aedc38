/** Bad requests by the thousand against the real Worker (S2, S3, S4). `npm run test:fuzz` sends more. */
import { SELF } from "cloudflare:test";
import { expect, inject, test } from "vitest";
import { defined } from "../../shared/defined.ts";
import { leakIn, randomOf } from "../fuzz/mutate.ts";
import { type BadRequest, badRequest } from "../fuzz/requests.ts";
import { hangAfterMs } from "../support/hang-guard.ts";
import { fresh, SocketTab, upstream } from "./room/tab.ts";

const count = inject("fuzzRequests");
const seed = inject("fuzzSeed");

test(
  `[S3] ${count} bad requests crash nothing, tell nothing, and nobody in another room notices`,
  async () => {
    const random = randomOf(seed);
    const [room, prompt] = [fresh("witness"), fresh("witness")];
    const witness = await new SocketTab().join(room);
    const turnId = witness.submit(prompt);
    await upstream("until", prompt, { requests: 1 });
    const statuses = new Map<number, number>();
    const strangers = fresh("strangers");
    for (let sent = 0; sent < count; sent += 1) {
      const bad = badRequest(random, strangers);
      const status = await send(bad).catch((error: unknown) => {
        throw new Error(`seed ${seed}, request ${sent}: ${JSON.stringify(bad).slice(0, 2_000)}`, { cause: error });
      });
      // Silence of the backend would end the answer, and silence of the witness would leave it without a viewer, rightly.
      if (sent % 100 === 0) {
        await upstream("text", prompt, { text: "." });
        witness.sayText("ping");
      }
      if (status !== undefined) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    console.log(`seed ${seed}`, Object.fromEntries([...statuses].sort(([a], [b]) => a - b)));
    await upstream("done", prompt);
    await witness.untilTurn(turnId, ({ state }) => state === "settled");
    expect(witness.turn(turnId)).toMatchObject({ outcome: "completed", length: Math.ceil(count / 100) });
    expect(witness.of("error")).toEqual([]);
    expect(witness.closed).toBeUndefined();
    // They got to the routes, and to the checks behind them.
    expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 401, 403, 404, 405]));
    // Grows with the number of requests; a busy machine takes some ten milliseconds for each.
  },
  Math.max(hangAfterMs, count * 120),
);

/** The status; undefined for what no client could send. @throws what the answer tells that it must not. */
async function send({ method, path, headers, body }: BadRequest): Promise<number | undefined> {
  let request: Request;
  try {
    request = new Request(`http://localhost${path}`, { method, headers, ...defined({ body }) });
  } catch {
    return undefined;
  }
  const response = await SELF.fetch(request, { redirect: "manual" });
  if (response.webSocket !== null) {
    response.webSocket.accept();
    response.webSocket.close();
    return response.status;
  }
  const text = [JSON.stringify([...response.headers]), await firstOf(response)].join("\n");
  const leak = leakIn(text) ?? (text.includes("backend secret") ? "the backend's words" : undefined);
  if (leak !== undefined) throw new Error(`told ${leak}: ${text.slice(0, 500)}`);
  // A 500 is a fault of ours, whatever was sent; a 503 or 502 may be the backend's.
  if (response.status === 500) throw new Error(`status 500: ${text.slice(0, 500)}`);
  return response.status;
}

/** What a stream begins with, or all of a short answer. */
async function firstOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const { value } = await reader.read();
  await reader.cancel();
  return value === undefined ? "" : new TextDecoder().decode(value);
}
