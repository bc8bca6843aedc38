// @vitest-environment happy-dom
/** docs/react.md held against the files it shows, which `npm run check` type-checks. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";
import { ChatRoom } from "../../examples/react/chat-room.tsx";

const root = join(import.meta.dirname, "../..");
const doc = readFileSync(join(root, "docs/react.md"), "utf8");
const blocks = [...doc.matchAll(/^```tsx? (examples\/\S+)\n([\s\S]*?)^```$/gm)];

test("shows the recipes as they are", () => {
  expect(blocks).not.toEqual([]);
  for (const [, path = "", shown] of blocks)
    expect([path, shown]).toEqual([path, readFileSync(join(root, path), "utf8")]);
});

test("the recipe renders on a server: a room that is connecting", () => {
  expect(renderToString(createElement(ChatRoom, { room: "lobby" }))).toContain(">connecting</p>");
});
