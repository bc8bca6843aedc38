/** The settings of a mapping: what they mean, and the errors of wrong ones. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mappingSettingNames, parseMapping } from "../../../party/upstream/dialects/mapping-settings.ts";

const parse = (env: Readonly<Record<string, string>>) => parseMapping((name) => env[name]);
const textOf = (written: string) => {
  const mapping = parse({ UPSTREAM_TEXT_PATH: written });
  return mapping.ok ? mapping.value?.text : mapping.error;
};

describe("[U5] the settings of a mapping", () => {
  test("are absent where none of them is set", () => {
    expect(parse({})).toEqual({ ok: true, value: undefined });
  });

  test.each([
    ["/payload/text", [{ path: ["payload", "text"] }]],
    ["/a~1b/m~0n", [{ path: ["a/b", "m~n"] }]],
    ["/a,b/0", [{ path: ["a,b", "0"] }]],
    ["answer:/text", [{ tag: "answer", path: ["text"] }]],
    ["answer:", [{ tag: "answer", path: [] }]],
    ["/status=done", [{ path: ["status"], value: "done" }]],
    ["/a, answer:/b=c", [{ path: ["a"] }, { tag: "answer", path: ["b"], value: "c" }]],
  ])("%s is understood", (written, selectors) => {
    expect(textOf(written)).toEqual(selectors);
  });

  test.each(["", "text", "payload.text", "/a~2", "an swer:/text", ",", "/a,"])(
    "%j is refused with an example",
    (written) => {
      expect(textOf(written)).toBe(
        "UPSTREAM_TEXT_PATH is a JSON pointer or several with commas between, for example UPSTREAM_TEXT_PATH=/payload/text.",
      );
    },
  );

  test("read the rest of the mapping", () => {
    const mapping = parse({
      UPSTREAM_REASONING_PATH: "/r",
      UPSTREAM_END_PATH: "/e",
      UPSTREAM_FAILURE_PATH: "/f",
      UPSTREAM_CONVERSATION_PATH: "/c",
      UPSTREAM_CUMULATIVE: "yes",
      UPSTREAM_END_MARKS: "<|end|>, [FIN]",
      UPSTREAM_FAILURE_MARKS: "Error:",
    });
    expect(mapping).toEqual({
      ok: true,
      value: {
        text: [],
        reasoning: [{ path: ["r"] }],
        end: [{ path: ["e"] }],
        failure: [{ path: ["f"] }],
        conversation: [{ path: ["c"] }],
        isCumulative: true,
        endMarks: ["<|end|>", "[FIN]"],
        failureMarks: ["Error:"],
      },
    });
  });

  test("name the wrong setting and show an example", () => {
    for (const name of mappingSettingNames) {
      const wrong = name.endsWith("MARKS") ? "x".repeat(65) : "no pointer";
      const mapping = parse({ [name]: wrong });
      expect(mapping).toMatchObject({ ok: false, error: expect.stringMatching(`^${name} is .*for example ${name}=`) });
    }
  });

  test("never throw, whatever is written", () => {
    fc.assert(
      fc.property(fc.constantFrom(...mappingSettingNames), fc.string(), (name, written) => {
        expect(parse({ [name]: written })).toHaveProperty("ok");
      }),
    );
  });
});
