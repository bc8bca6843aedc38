/**
 * Rooms stored by older versions of this code must open with this one. Each fixture is what a room of that version left
 * behind when its object was killed; it is frozen: a change to the stored shapes adds a version and a fixture, and keeps
 * reading the old ones.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { settled } from "../support/core/fake-clock.ts";
import { MemoryStorage } from "../support/core/memory-storage.ts";
import { buildRoom } from "../support/core/room-harness.ts";

const folder = join(import.meta.dirname, "storage");

describe.each(readdirSync(folder))("storage as %s left it", (file) => {
  const entries = JSON.parse(readFileSync(join(folder, file), "utf8")) as Record<string, unknown>;

  test("opens: settled turns whole, the open one resumed where its log ended, the queue in order, buried ids buried", async () => {
    const room = await buildRoom({ storage: new MemoryStorage(new Map(Object.entries(entries))) });
    await settled();
    expect(room.broken).toBeUndefined();
    const tab = await room.join();
    expect(tab.view.turns.map(({ id, state }) => [id, state])).toEqual([
      ["done", "settled"],
      ["stopped", "settled"],
      ["running", "resuming"],
      ["waiting", "queued"],
    ]);
    expect(tab.turn("done")).toMatchObject({
      outcome: "completed",
      finishReason: "stop",
      model: "echo-1",
      usage: { inputTokens: 3, outputTokens: 5 },
      input: { prompt: "first, 你好" },
      parts: [
        { type: "reasoning-delta", delta: "hm" },
        { type: "text-delta", delta: "an answer 😀" },
        {
          type: "tool-output-available",
          toolCallId: "c1",
          toolName: "look",
          output: { found: [1] },
          providerExecuted: true,
        },
      ],
    });
    expect(tab.turn("stopped")).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
    expect(tab.text("running")).toBe("logged part");
    expect(room.upstream.call.request).toMatchObject({ lastEventId: "9", provider: "echo", params: { speed: 1 } });
    room.upstream.call.text(", and the rest", "10");
    room.upstream.call.done();
    await room.clock.advance(16);
    expect(tab.text("running")).toBe("logged part, and the rest");
    expect(tab.turn("waiting").state).toBe("opening");
    tab.submit("again", { turnId: "buried" });
    await settled();
    expect(tab.received("error").at(-1)).toMatchObject({ code: "turn-stale", turnId: "buried" });
  });
});
