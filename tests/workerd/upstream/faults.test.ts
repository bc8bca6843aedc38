/** Every fault of the table through the gateway in the real runtime: what a tab is told, and how often the backend is asked. */
import { describe, expect, inject, test } from "vitest";
import { textOf } from "../../../shared/content.ts";
import { ERROR_MESSAGES } from "../../../shared/protocol/messages-en.ts";
import { faultList } from "../../support/backends/faulty-upstream-table.ts";
import { fresh, SocketTab } from "../room/tab.ts";

/** How often the backend was asked. */
async function callsOf(prompt: string): Promise<number> {
  const response = await fetch(`${inject("faultyUrl")}/control/seen?prompt=${prompt}`);
  const { calls } = await response.json<{ calls: number }>();
  return calls;
}

describe.concurrent("[U5] a backend that misbehaves", () => {
  test.each(faultList)("$kind: $name", async ({ name, outcome, error, text, calls }) => {
    const tab = await new SocketTab().join(fresh("fault"));
    const id = tab.submit(name);
    await tab.untilTurn(id, ({ state }) => state === "settled");
    const turn = tab.turn(id);
    expect({ outcome: turn?.outcome, error: turn?.error?.code, text: textOf(turn?.parts ?? []) }).toEqual({
      ...{ outcome, error, text },
    });
    // The same words for everyone, and none of the backend's own (U4).
    if (error !== undefined) expect(turn?.error?.message).toBe(ERROR_MESSAGES[error]);
    expect(tab.texts.join()).not.toMatch(/secret/);
    expect(await callsOf(name)).toBe(calls);
    tab.close();
  });
});
