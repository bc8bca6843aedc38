/** Tests the turn id of a message with an uploaded file: its address is signed anew each time that it is sent. */
import { expect, test } from "vitest";
import { turnIdOf } from "../../../shared/ui-messages.ts";

const asking = (url: string) => ({ parts: [{ type: "file" as const, mediaType: "image/png", url }] });
const file = "https://chat.example.com/parties/chat/lobby/files/f1";

test("[F8] a message is the same turn, however the address of its file is signed", () => {
  const id = turnIdOf("m1", asking(`${file}?until=1&sig=a`));
  expect(turnIdOf("m1", asking(`${file}?until=2&sig=b`))).toBe(id);
  expect(turnIdOf("m1", asking(file))).toBe(id);
  expect(turnIdOf("m1", asking(`${file}2?until=1&sig=a`))).not.toBe(id);
});

test("a message with another address is another turn, also where only its query differs", () => {
  expect(turnIdOf("m1", asking("https://example.com/a?b=1"))).not.toBe(
    turnIdOf("m1", asking("https://example.com/a?b=2")),
  );
});
