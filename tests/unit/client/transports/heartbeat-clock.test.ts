/** Heartbeats of an event stream are timed by the monotonic clock. */
import { expect, test, vi } from "vitest";
import { beat, connection, eachWithItsOwnHttp, http, overStream, tick } from "../../../support/client/http-client.ts";

eachWithItsOwnHttp();

test.each([3_000, -3_000, 3_600_000])(
  "A date that is corrected by %i ms doesn't make a healthy stream count as delayed",
  async (jumpMs) => {
    let roomNow = Date.now();
    const stream = await overStream();
    for (let count = 0; count < 8; count += 1) {
      await tick(15_000);
      roomNow += 15_000;
      if (count === 4) vi.setSystemTime(Date.now() + jumpMs);
      stream.send(beat(roomNow));
      await tick();
    }
    expect([http.polls.length, connection()]).toMatchObject([0, { state: "online", transport: "sse" }]);
  },
);
