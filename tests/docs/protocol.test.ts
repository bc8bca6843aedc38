/** docs/protocol.md held against the schemas: its examples parse, its tables name every field, error and limit. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { clientFrame, haveSchema } from "../../shared/protocol/client-frames.ts";
import { parseClientFrame } from "../../shared/protocol/codec.ts";
import { parseCursor } from "../../shared/protocol/cursor.ts";
import { ERRORS } from "../../shared/protocol/errors.ts";
import * as limits from "../../shared/protocol/limits.ts";
import { serverFrame, syncTurnSchema } from "../../shared/protocol/server-frames.ts";
import { parseServerFrame, parseTurnsPage } from "../../shared/protocol/server-guard.ts";

const doc = readFileSync(join(import.meta.dirname, "../../docs/protocol.md"), "utf8");

const examples = (side: "client" | "server") =>
  [...doc.matchAll(new RegExp(`^\`\`\`json ${side}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, text = ""]) => ({
    type: (JSON.parse(text) as { type: string }).type,
    text,
  }));

/** A table's rows as cells. Only rows of `columns` cells whose first is code. */
function rows(text: string, columns: number): string[][] {
  return text
    .split("\n")
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter((cells) => cells.length === columns && cells[0]?.startsWith("`") === true);
}

/** The text under a heading, up to the next heading. */
function under(heading: string): string {
  const start = doc.indexOf(`\n${heading}\n`);
  expect(start, heading).toBeGreaterThan(-1);
  return doc.slice(start + heading.length + 2).split(/^#{2,3} /m, 1)[0] ?? "";
}

/** `name` or `name?`, several to a cell. */
const fieldsIn = (table: string[][]) =>
  table.flatMap(([cell = ""]) => [...cell.matchAll(/`([^`]+)`/g)].map((m) => m[1]));

function fieldsOf(schema: z.core.$ZodType): string[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { unrepresentable: "any" });
  return Object.keys(properties)
    .filter((name) => name !== "type")
    .map((name) => (required.includes(name) ? name : `${name}?`));
}

const sides = [
  { side: "client", union: clientFrame },
  { side: "server", union: serverFrame },
] as const;

describe.each(sides)("$side frames", ({ side, union }) => {
  const frames = union.def.options.map((schema) => ({ type: String(schema.shape.type.def.values[0]), schema }));

  test("each has an example", () => {
    expect([...new Set(examples(side).map(({ type }) => type))].sort()).toEqual(frames.map(({ type }) => type).sort());
  });

  test.each(frames)("$type: the table names its fields", ({ type, schema }) => {
    const [first = ""] = under(`### \`${type}\``).split("\n\nA turn in");
    expect(fieldsIn(rows(first, 3)).sort()).toEqual(fieldsOf(schema).sort());
  });

  test.each(examples(side))("$type: the example is one", ({ text }) => {
    // As it stands: a schema that lets unknown fields through would hide a misspelt one.
    expect(union.parse(JSON.parse(text))).toEqual(JSON.parse(text));
    if (side === "client") expect(parseClientFrame(text)).toMatchObject({ ok: true });
    else expect(parseServerFrame(text)).toBeDefined();
  });
});

test("a turn in a sync, and the cursor, have the fields of their tables", () => {
  const [, turn = ""] = under("### `sync`").split("A turn in");
  expect(fieldsIn(rows(turn, 3)).sort()).toEqual(fieldsOf(syncTurnSchema).sort());
  expect(fieldsIn(rows(under("## The cursor: `have`"), 3)).sort()).toEqual(fieldsOf(haveSchema).sort());
});

test("a page of older turns is one, and its table names its fields", () => {
  const section = under("## Paging older turns");
  const [, text = ""] = /^```json page\n([\s\S]*?)^```$/m.exec(section) ?? [];
  const page = parseTurnsPage(text);
  expect(page).toBeDefined();
  expect(fieldsIn(rows(section, 3)).sort()).toEqual(Object.keys(page ?? {}).sort());
  for (const turn of page?.turns ?? []) expect(syncTurnSchema.parse(turn)).toEqual(turn);
});

test("the answer to a poll is what its table says, and its frames are frames", () => {
  const section = under("### Long-poll");
  const [, text = ""] = /^```json poll\n([\s\S]*?)^```$/m.exec(section) ?? [];
  const answer = JSON.parse(text) as { frames: unknown[]; cursor: string };
  expect(fieldsIn(rows(section, 3)).sort()).toEqual(Object.keys(answer).sort());
  for (const frame of answer.frames) expect(serverFrame.parse(frame)).toEqual(frame);
  expect(parseCursor(answer.cursor)).toEqual({ epoch: "k3v9", seq: 8, offsets: { "turn-3": 11 } });
});

test("the error tables are the table of errors, and the overview names every code", () => {
  const [, chapter = ""] = doc.split("\n## Errors a client can see\n");
  const [section = ""] = chapter.split(/^## /m, 1);
  const documented = rows(section, 5).map(([code, status, close, retry]) => [
    code?.replaceAll("`", ""),
    { status: Number(status), close: close === "–" ? null : Number(close), retryable: retry === "yes" },
  ]);
  expect(documented).toHaveLength(Object.keys(ERRORS).length);
  expect(Object.fromEntries(documented)).toEqual(ERRORS);
  const overview = [...section.matchAll(/^- .*: .*$/gm)].flatMap(([line]) => [...line.matchAll(/`([a-z-]+)`/g)]);
  expect(overview.map(([, code]) => code).filter((code) => code !== "error")).toEqual(Object.keys(ERRORS));
});

test("the limits are the limits", () => {
  const documented = rows(under("## Limits on frames and rooms"), 3).map(([name, value]) => [
    name?.replaceAll("`", ""),
    Number(value),
  ]);
  const numbers = Object.entries(limits).filter(([, value]) => typeof value === "number");
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(numbers));
});
