/** The bridge of each runtime in front of the real backend: a reader that leaves in the middle gets the rest, of one generation. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Part } from "../../scripts/lib/local-process.ts";
import { startBackend } from "../../scripts/lib/local-processes.ts";
import { defined } from "../../shared/defined.ts";
import { EventReader } from "./reader.ts";
import { start } from "./runtimes.ts";

const events = { accept: "text/event-stream", "content-type": "application/json" };
const prompt = "Say this back to me, word by word: 你好, edge! ".repeat(8);

let backend: Part;
let parts: ReadonlyMap<string, Part>;
beforeAll(async () => {
  backend = await startBackend({ env: { PROVIDER: "echo" } });
  const started = Object.entries(start).map(
    async ([name, run]) => [name, await run(backend.url, { BRIDGE_PARSE: "auto" })] as const,
  );
  parts = new Map(await Promise.all(started));
});
afterAll(() => Promise.all([...(parts?.values() ?? []), backend].map((part) => part?.stop())));

describe.each(Object.keys(start))("%s", (name) => {
  test("[E5] streams from NestJS, and continues one generation for a reader who comes back", async () => {
    const ask = (lastEventId?: string) =>
      fetch(`${parts.get(name)?.url}/chat`, {
        method: "POST",
        headers: { ...events, ...defined({ "last-event-id": lastEventId }) },
        body: JSON.stringify({ prompt, params: { tokensPerSecond: 200 } }),
      });
    const reader = await new EventReader(await ask()).until(({ events }) => events.length > 5);
    await reader.leave();
    expect(reader.of("complete")).toEqual([]);
    const rest = await new EventReader(await ask(reader.lastEventId)).toEnd();
    expect(reader.answer + rest.answer).toBe(prompt);
    expect(rest.of("complete")).toHaveLength(1);
    const generationId = reader.lastEventId.split(".")[0];
    const record = await (await fetch(`${backend.url}/model/stats?id=${generationId}`)).json();
    expect(record).toMatchObject({ id: generationId, starts: 1, state: "finished" });
  });
});
