/**
 * What every transport of a room promises, on every host: the same claims over WebSocket, server-sent events and long-polls.
 * Run in workerd by tests/workerd/room/transports.test.ts and on PartyKit by tests/e2e/gateway/partykit-transports.test.ts.
 */
import { afterEach, describe, expect, test } from "vitest";
import { textOf } from "../../shared/content.ts";
import type { TurnSubmitFrame } from "../../shared/protocol/client-frames.ts";
import {
  openReader,
  type Reader,
  type RoomHost,
  StreamReader,
  type TransportName,
} from "../support/transports/readers.ts";

/** What the upstream outside has seen of one prompt. */
export interface PromptSeen {
  readonly requests: readonly { readonly body: { readonly generationId: string } }[];
  readonly stops: readonly string[];
}

export interface ContractHost extends RoomHost {
  /** Whether the room feels that nobody reads. A developer's proxy in between that takes megabytes hides it. */
  readonly passesBackPressure: boolean;
  /** Moves the upstream's answer to a prompt on, or waits for what it has seen (tests/support/backends/workerd-upstream.ts). */
  upstream(
    verb: "text" | "done" | "until",
    prompt: string,
    more?: Record<string, string | number>,
  ): Promise<PromptSeen>;
}

const transports: readonly TransportName[] = ["websocket", "sse", "long-poll"];
/** An answer that goes on while nobody reads it. */
const kept = { onLeave: "keep" } satisfies Partial<TurnSubmitFrame>;

export function transportContract(host: ContractHost): void {
  const opened: Reader[] = [];
  const join = async (transport: TransportName, room: string) => {
    const reader = await openReader(transport, host, room);
    opened.push(reader);
    return reader;
  };
  const fresh = (prefix: string) => `${prefix}-${crypto.randomUUID()}`;
  afterEach(() => {
    for (const reader of opened.splice(0)) reader.cut();
  });

  test("[R4] a room shows one transcript, whoever asks and over whatever it is read", async () => {
    const room = fresh("one");
    const readers = await Promise.all(transports.map((transport) => join(transport, room)));
    for (const asker of readers) {
      const prompt = fresh("ask");
      const id = await asker.ask(prompt);
      await host.upstream("text", prompt, { text: "Hello, 世界 " });
      await host.upstream("text", prompt, { text: "👩‍🚀!" });
      for (const reader of readers) if (reader !== asker) await reader.look();
      await host.upstream("done", prompt);
      for (const reader of readers) {
        await reader.untilTurn(id, ({ state }) => state === "settled");
        expect(textOf(reader.turn(id)?.parts ?? [])).toBe("Hello, 世界 👩‍🚀!");
      }
    }
    const [first, ...others] = readers.map(({ view }) => view.turns);
    for (const turns of others) expect(turns).toEqual(first);
    expect(readers.map(({ gaps }) => gaps)).toEqual([0, 0, 0]);
  });

  describe.each(transports)("over %s", (transport) => {
    test("[R3] goes on by its cursor in the middle of an answer: nothing is lost, and nothing comes twice", async () => {
      const [room, prompt] = [fresh("resume"), fresh("resume")];
      const reader = await join(transport, room);
      const id = await reader.ask(prompt, kept);
      await host.upstream("text", prompt, { text: "Hello" });
      await reader.untilTurn(id, ({ length }) => length === 5);
      reader.cut();
      await host.upstream("text", prompt, { text: ", wor" });
      await host.upstream("until", prompt, { requests: 1 });
      const before = reader.frames.length;
      await reader.open();
      await host.upstream("text", prompt, { text: "ld" });
      await host.upstream("done", prompt);
      await reader.untilTurn(id, ({ state }) => state === "settled");
      expect(textOf(reader.turn(id)?.parts ?? [])).toBe("Hello, world");
      const [sync] = reader.frames.slice(before).filter((frame) => frame.type === "sync");
      expect(sync).toMatchObject({ mode: "delta" });
      for (const turn of sync?.turns ?? []) expect(turn.from).toBeGreaterThanOrEqual(5);
      expect(reader.gaps).toBe(0);
    });

    test("[R3] goes on over another transport, from where this one stood", async () => {
      const [room, prompt] = [fresh("change"), fresh("change")];
      const reader = await join(transport, room);
      const id = await reader.ask(prompt, kept);
      await host.upstream("text", prompt, { text: "Hello" });
      await reader.untilTurn(id, ({ length }) => length === 5);
      reader.cut();
      for (const next of transports.filter((other) => other !== transport)) {
        const other = await join(next, room);
        await host.upstream("text", prompt, { text: "!" });
        await other.untilTurn(id, ({ length }) => length > 5);
        other.cut();
      }
      await reader.open();
      await host.upstream("done", prompt);
      await reader.untilTurn(id, ({ state }) => state === "settled");
      expect(textOf(reader.turn(id)?.parts ?? [])).toBe("Hello!!");
    });

    test("[T3] stops an answer with proof, in every tab", async () => {
      const [room, prompt] = [fresh("stop"), fresh("stop")];
      const reader = await join(transport, room);
      const witness = await join("websocket", room);
      const id = await reader.ask(prompt);
      await host.upstream("text", prompt, { text: "partial" });
      await reader.untilTurn(id, ({ length }) => length === 7);
      await reader.stop(id);
      for (const tab of [reader, witness]) {
        await tab.untilTurn(id, ({ state }) => state === "settled");
        expect(tab.turn(id)).toMatchObject({ outcome: "cancelled", stop: "confirmed", length: 7 });
      }
      const seen = await host.upstream("until", prompt, { aborted: 1, stops: 1 });
      expect(seen.stops).toEqual([seen.requests[0]?.body.generationId]);
    });

    test("[T1] the same question sent twice runs once", async () => {
      const [room, prompt] = [fresh("twice"), fresh("twice")];
      const reader = await join(transport, room);
      const id = await reader.ask(prompt);
      await reader.ask(prompt, { turnId: id });
      await host.upstream("text", prompt, { text: "once" });
      await host.upstream("done", prompt);
      await reader.untilTurn(id, ({ state }) => state === "settled");
      const seen = await host.upstream("until", prompt, { requests: 1 });
      expect(seen.requests).toHaveLength(1);
      expect(textOf(reader.turn(id)?.parts ?? [])).toBe("once");
    });

    test("[R5] room-level changes come in order, and a queued question after the one before it", async () => {
      const [room, one, two] = [fresh("order"), fresh("order"), fresh("order")];
      const reader = await join(transport, room);
      const first = await reader.ask(one);
      const second = await reader.ask(two);
      await reader.untilTurn(second, ({ state }) => state === "queued");
      await host.upstream("text", one, { text: "1" });
      await host.upstream("done", one);
      await reader.untilTurn(second, ({ state }) => state !== "queued");
      expect(reader.turn(first)).toMatchObject({ state: "settled", length: 1 });
      await host.upstream("text", two, { text: "2" });
      await host.upstream("done", two);
      await reader.untilTurn(second, ({ state }) => state === "settled");
      const seqs = reader.frames.flatMap((frame) => ("seq" in frame ? [frame.seq] : []));
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
      expect(reader.view.turns.map(({ id }) => id)).toEqual([first, second]);
      expect(reader.gaps).toBe(0);
    });
  });

  test("[F2] a stream that is not read holds nobody up, is skipped, and catches up", async () => {
    const [room, prompt] = [fresh("slow"), fresh("slow")];
    const [slow, witness] = [new StreamReader(host, room), await join("websocket", room)];
    opened.push(await slow.open());
    const id = await witness.ask(prompt);
    slow.pause();
    const [pieces, units] = [12, 80_000];
    for (let piece = 1; piece <= pieces; piece += 1) {
      await host.upstream("text", prompt, { text: "世", times: units });
      await witness.untilTurn(id, ({ length }) => length === piece * units);
    }
    await host.upstream("done", prompt);
    await witness.untilTurn(id, ({ state }) => state === "settled");
    expect(slow.turn(id)?.length ?? 0).toBeLessThan(pieces * units);
    slow.resume();
    await slow.untilTurn(id, ({ state }) => state === "settled");
    expect(slow.turn(id)).toEqual(witness.turn(id));
    if (host.passesBackPressure) {
      expect(slow.of("turn-delta").length).toBeLessThan(witness.of("turn-delta").length);
    }
  });

  // Of a poll there is nothing open that could close: it leaves by not coming back, for 90 s (tests/unit/core/room/long-poll.test.ts).
  test.each(["websocket", "sse"] as const)(
    "[T4] over %s the last one to leave takes the answer along, after the grace",
    async (transport) => {
      const [room, prompt] = [fresh("leave"), fresh("leave")];
      const reader = await join(transport, room);
      const id = await reader.ask(prompt, { onLeave: "cancel" });
      await host.upstream("text", prompt, { text: "for nobody" });
      await reader.untilTurn(id, ({ length }) => length > 0);
      reader.cut();
      await host.upstream("until", prompt, { aborted: 1, stops: 1 });
      const back = await join("sse", room);
      await back.untilTurn(id, ({ state }) => state === "settled");
      expect(back.turn(id)).toMatchObject({ outcome: "cancelled", stop: "confirmed" });
    },
  );
}
