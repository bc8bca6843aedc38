/** Keys that the AI SDK refuses, in what a backend sends. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasRefusedKeys, withoutRefusedKeys } from "../../../party/upstream/refused-keys.ts";
import { read } from "../ai-sdk/readers.ts";
import { readStream } from "./reading.ts";

const refused = ['{"__proto__":1}', '{"a":[{"__proto__":{}}]}', '{"constructor":{"prototype":1}}'];
const accepted = ['{"constructor":1}', '{"prototype":1}', '{"toString":"x"}', "[]", "null", '"__proto__"'];

const eventsOf = (value: string) =>
  [
    '{"type":"start"}',
    '{"type":"text-start","id":"t"}',
    '{"type":"text-delta","id":"t","delta":"so"}',
    `{"type":"data-x","data":${value}}`,
  ]
    .map((event) => `data: ${event}\n\n`)
    .join("");

describe("[C1] A key that could change a prototype", () => {
  test.each([...refused, ...accepted])("in %s is found where the SDK refuses it", async (value) => {
    const { errors } = await read("ai7", `${eventsOf(value)}data: [DONE]\n\n`);
    expect(hasRefusedKeys(JSON.parse(value))).toBe(errors.length > 0);
  });

  test.each(refused)("in %s ends a UI message stream as malformed, with the text before it", async (value) => {
    const { parts, failed } = await readStream(eventsOf(value), "ui-message");
    expect(failed).toBe("upstream-malformed");
    expect(parts.at(-1)).toEqual({ type: "text-delta", id: "t", delta: "so" });
  });

  test.each(refused)("in %s is left out of a tool's result of any other stream", async (value) => {
    const events = [
      '{"type":"delta","data":"so"}',
      `{"type":"tool_result","id":"c","name":"read","result":{"kept":1,"x":${value}}}`,
      '{"type":"complete"}',
    ];
    const { parts, end } = await readStream(events.map((event) => `data: ${event}\n\n`).join(""), "unified");
    expect(end).toMatchObject({ kind: "done" });
    const output = parts.find(({ type }) => type === "tool-output-available");
    expect(output).toMatchObject({ output: { kept: 1 } });
    expect(hasRefusedKeys(output)).toBe(false);
  });

  test("is removed alone, and a value without one is returned as it is", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (value) => {
        const clean = withoutRefusedKeys(value);
        expect(hasRefusedKeys(clean)).toBe(false);
        if (!hasRefusedKeys(value)) expect(clean).toBe(value);
      }),
    );
  });

  test("is found however deep the value is", () => {
    let deep: unknown = JSON.parse('{"__proto__":1}');
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
    expect(hasRefusedKeys(deep)).toBe(true);
  });
});
