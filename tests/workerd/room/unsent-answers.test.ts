/** [F2] Answers over HTTP whose clients don't read them, through the Worker and the object of the real runtime. */
import { SELF } from "cloudflare:test";
import { expect, test } from "vitest";
import { fresh, SocketTab, upstream } from "./tab.ts";

const answerUnits = 900_000;

test("[F2] answers that nobody reads hold at most the room's bound, and others fit once their clients have left", async () => {
  const room = fresh("unread");
  const tab = await new SocketTab().join(room);
  const id = tab.submit(room);
  await upstream("until", room, { requests: 1 });
  await upstream("text", room, { text: "x", times: answerUnits });
  await upstream("done", room);
  await tab.untilTurn(id, ({ state }) => state === "settled");
  const get = () => SELF.fetch(`http://localhost/parties/chat/${room}`, { headers: { accept: "application/json" } });
  const answers = await Promise.all(Array.from({ length: 60 }, get));
  const granted = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(({ status }) => status === 503);
  expect(granted.length + refused.length).toBe(60);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]?.headers.get("retry-after")).toBe("5");
  const last = tab.submit(`${room} again`);
  await tab.untilTurn(last, ({ state }) => state !== "queued");
  await Promise.all(answers.map((answer) => answer.body?.cancel()));
  await expect.poll(async () => (await (await get()).text()).length).toBeGreaterThan(answerUnits);
  await upstream("until", `${room} again`, { requests: 1 });
  await upstream("done", `${room} again`);
  tab.close();
});
