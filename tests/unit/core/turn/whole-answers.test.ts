/** Answers that come whole are shown at a pace (U6). */

import { describe, expect, test } from "vitest";
import { isText } from "../../../../shared/content.ts";
import { settled } from "../../../support/core/fake-clock.ts";
import { buildRoom, type Room, type Tab } from "../../../support/core/room-harness.ts";

const answer = "One two three, 你好世界, and 😀 at the end of it all.";

async function wholeAnswer(text = answer): Promise<{ room: Room; tab: Tab; id: string }> {
  const room = await buildRoom();
  const tab = await room.join();
  const id = tab.submit("hi");
  await settled();
  room.upstream.call.emit({
    parts: [{ type: "text-delta", delta: text }],
    whole: true,
    usage: { outputTokens: 12 },
    end: { kind: "done", finishReason: "stop" },
  });
  await settled();
  return { room, tab, id };
}

describe("[U6] an answer that came whole", () => {
  test("grows at the pace, marked as simulated, and ends with its own end", async () => {
    const { room, tab, id } = await wholeAnswer();
    const lengths = [tab.turn(id).length];
    for (let count = 0; count < 3; count += 1) {
      await room.clock.advance(150);
      lengths.push(tab.turn(id).length);
    }
    expect(lengths.every((length, index) => index === 0 || length > (lengths[index - 1] ?? 0))).toBe(true);
    expect(lengths.at(-1)).toBeLessThan(answer.length);
    expect(tab.turn(id)).toMatchObject({ state: "streaming", simulated: true });
    expect(tab.received("turn-delta").every(({ simulated }) => simulated === true)).toBe(true);
    await room.clock.advance(20_000);
    expect(tab.text(id)).toBe(answer);
    expect(tab.turn(id)).toMatchObject({
      outcome: "completed",
      finishReason: "stop",
      simulated: true,
      usage: { outputTokens: 12 },
    });
  });

  test("is never cut inside a character, and lasts no longer than SIMULATE_MAX_MS however long it is", async () => {
    const { room, tab, id } = await wholeAnswer("👨‍👩‍👧 家族 family. ".repeat(3_000));
    await room.clock.advance(20_500);
    expect(tab.turn(id).outcome).toBe("completed");
    for (const { parts } of tab.received("turn-delta")) {
      for (const part of parts) if (isText(part)) expect(part.delta).not.toMatch(/^\u200d|\u200d$/);
    }
  });

  test("a late tab sees what is shown, not what has arrived", async () => {
    const { room, tab, id } = await wholeAnswer();
    await room.clock.advance(150);
    const late = await room.join();
    expect(late.text(id)).toBe(tab.text(id));
    expect(late.turn(id)).toMatchObject({ state: "streaming", simulated: true });
    await room.clock.advance(20_000);
    expect(late.text(id)).toBe(answer);
  });

  test("a stop settles at what was shown, confirmed without asking anybody, and stays so after a wake", async () => {
    const { room, tab, id } = await wholeAnswer();
    await room.clock.advance(300);
    const shown = tab.text(id);
    tab.cancel(id);
    await settled();
    expect(tab.turn(id)).toMatchObject({ outcome: "cancelled", stop: "confirmed", length: shown.length });
    expect(room.upstream.stops).toEqual([]);
    await room.clock.advance(20_000);
    expect(tab.text(id)).toBe(shown);
    await room.evict();
    const back = await room.join();
    expect(back.text(id)).toBe(shown);
  });

  test("is stored whole on arrival: after a wake the rest leaves at once", async () => {
    const { room, tab, id } = await wholeAnswer();
    await room.clock.advance(150);
    tab.read();
    await room.evict([tab]);
    await settled();
    expect(tab.text(id)).toBe(answer);
    expect(tab.turn(id)).toMatchObject({ outcome: "completed", finishReason: "stop" });
    expect(room.upstream.calls).toHaveLength(1);
  });
});
