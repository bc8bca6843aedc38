/** [S2] Members of a room who ask for as much as they may, in the real runtime: nobody else notices. */
import { expect, test } from "vitest";
import { fresh, SocketTab, upstream } from "./tab.ts";

test("[S2] a member that submits and stops forty questions leaves the room to the others' questions", async () => {
  const room = fresh("flood");
  const [flooder, other] = [await new SocketTab().join(room), await new SocketTab().join(room)];
  const flood: string[] = [];
  const ask = (): void => {
    const id = flooder.submit(`${room} flood ${flood.length}`);
    flooder.say({ type: "turn-cancel", turnId: id });
    flood.push(id);
  };
  for (let count = 0; count < 20; count += 1) ask();
  const question = `${room} question`;
  const asked = other.submit(question);
  for (let count = 0; count < 20; count += 1) ask();
  await upstream("until", question, { requests: 1 });
  await upstream("text", question, { text: "an answer" });
  await upstream("done", question);
  await other.untilTurn(asked, ({ state }) => state === "settled");
  expect(other.turn(asked)).toMatchObject({ outcome: "completed", length: "an answer".length });
  const last = flood.at(-1) ?? "";
  await flooder.until((tab) => tab.turn(last)?.state === "settled" || tab.of("error").some((e) => e.turnId === last));
  expect([flooder.closed, other.closed]).toEqual([undefined, undefined]);
  for (const id of flood) expect(["cancelled", undefined]).toContain(other.turn(id)?.outcome);
  flooder.close();
  other.close();
});

test("[S2] a member that floods syncs is closed by its rate, and the others' text goes on", async () => {
  const room = fresh("syncs");
  const [flooder, other] = [await new SocketTab().join(room), await new SocketTab().join(room)];
  const asked = other.submit(room);
  await upstream("until", room, { requests: 1 });
  await upstream("text", room, { text: "one " });
  for (let count = 0; count < 200; count += 1) {
    flooder.say({ type: "sync-request", have: { epoch: "elsewhere", seq: 0, offsets: {} } });
  }
  await flooder.until(({ closed }) => closed !== undefined);
  expect(flooder.closed?.reason).toBe("rate-limited");
  await upstream("text", room, { text: "two" });
  await upstream("done", room);
  await other.untilTurn(asked, ({ state }) => state === "settled");
  expect(other.turn(asked)).toMatchObject({ outcome: "completed", length: "one two".length });
  other.close();
});
