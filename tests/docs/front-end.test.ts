// @vitest-environment happy-dom
/** The React example of docs/front-end.md renders: a room that is connecting. `npm run check` holds its types. */
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";
import { Chat } from "../../examples/front-end/chat-view.tsx";

test("the smallest chat in React renders", () => {
  expect(renderToString(createElement(Chat))).toContain("<p>connecting</p>");
});
