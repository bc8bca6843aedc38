// @vitest-environment happy-dom
import { beforeEach, describe, expect, test } from "vitest";
import { chooseLocale } from "../../../examples/chat-page/language/locale.tsx";
import { STRINGS } from "../../../examples/chat-page/language/strings.ts";
import { EMPTY_CONTEXT, parsePageContext } from "../../../examples/chat-page/rooms/page-context.ts";
import { recentRooms, rememberRoom } from "../../../examples/chat-page/rooms/recent-rooms.ts";
import { parseRoomAddress, randomRoomName, roomUrl } from "../../../examples/chat-page/rooms/room-url.ts";
import { roomNamePattern } from "../../../shared/protocol/limits.ts";

beforeEach(() => localStorage.clear());

describe("the page's sentences", () => {
  const say = (entry: unknown): string => {
    if (typeof entry === "string") return entry;
    if (typeof entry === "function") return String(entry(2, 3));
    if (typeof entry === "object" && entry !== null) return Object.values(entry).map(say).join("\n");
    throw new Error("neither a sentence nor a way to make one");
  };
  const keys = Object.keys(STRINGS.en).filter((key) => key !== "joined") as (keyof typeof STRINGS.en)[];

  test("both languages have the same ones, none empty", () => {
    expect(Object.keys(STRINGS["zh-CN"])).toEqual(Object.keys(STRINGS.en));
    for (const key of keys) {
      for (const line of say(STRINGS.en[key]).split("\n")) expect(line, key).not.toBe("");
      for (const line of say(STRINGS["zh-CN"][key]).split("\n")) expect(line, key).toMatch(/\p{Script=Han}/u);
      expect(say(STRINGS.en[key]), key).not.toMatch(/\p{Script=Han}/u);
    }
  });

  test("what depends on a number has it in both", () => {
    for (const key of keys) {
      const entry = STRINGS.en[key];
      if (typeof entry !== "function" || key === "reconnectingIn" || key === "retryIn") continue;
      expect(say(entry), key).toContain("2");
      expect(say(STRINGS["zh-CN"][key]), key).toContain("2");
    }
    expect(STRINGS.en.reconnectingIn(7)).toContain("7");
    expect(STRINGS.en.reconnectingIn(0)).not.toContain("0");
    expect(STRINGS["zh-CN"].retryIn(7)).toContain("7");
    expect(STRINGS.en.viewers(1)).toBe("1 viewer");
    expect(STRINGS.en.eta(120)).toBe("about 2 min");
  });

  test("Chinese sentences join without a space", () => {
    expect(STRINGS.en.joined(["a.", "b."])).toBe("a. b.");
    expect(STRINGS["zh-CN"].joined(["甲。", "乙。"])).toBe("甲。乙。");
  });

  test.each([
    [["zh-TW", "en"], undefined, "zh-CN"],
    [["zh"], undefined, "zh-CN"],
    [["fr", "en-GB"], undefined, "en"],
    [["fr", "zh-Hans"], undefined, "zh-CN"],
    [["fr"], undefined, "en"],
    [["zh-CN"], "en", "en"],
    [["en"], "zh-CN", "zh-CN"],
    [["en"], "nonsense", "en"],
  ] as const)("a browser that prefers %j and remembers %j gets %s", (languages, remembered, locale) => {
    expect(chooseLocale(languages, remembered)).toBe(locale);
  });
});

describe("rooms by address", () => {
  test.each([
    ["?room=quiet-harbor", { kind: "room", room: "quiet-harbor" }],
    ["?x=1&room=a.b_C-9", { kind: "room", room: "a.b_C-9" }],
    ["?room=%20lobby%20", { kind: "room", room: "lobby" }],
    ["", { kind: "none" }],
    ["?room=", { kind: "none" }],
    ["?room=a/b", { kind: "invalid", name: "a/b" }],
    ["?room=房间", { kind: "invalid", name: "房间" }],
    [`?room=${"a".repeat(129)}`, { kind: "invalid", name: "a".repeat(129) }],
    ["?room=<script>", { kind: "invalid", name: "<script>" }],
  ])("%s", (search, address) => {
    expect(parseRoomAddress(search)).toEqual(address);
  });

  test("a room's address is read back as that room, and keeps what else was there", () => {
    const url = roomUrl("https://chat.test/?debug=1&room=old#x", "new.room");
    expect(url).toBe("https://chat.test/?debug=1&room=new.room");
    expect(parseRoomAddress(new URL(url).search)).toEqual({ kind: "room", room: "new.room" });
  });

  test("invented names are valid, readable and rarely the same", () => {
    const names = new Set(Array.from({ length: 200 }, () => randomRoomName()));
    expect(names.size).toBeGreaterThan(195);
    for (const name of names) {
      expect(name).toMatch(/^[a-z]+-[a-z]+-[0-9a-z]{4}$/);
      expect(name).toMatch(roomNamePattern);
    }
    expect(randomRoomName(new Uint8Array(6))).toBe(randomRoomName(new Uint8Array(6)));
  });

  test("recent rooms: newest first, each once, bounded; rubbish in storage is dropped", () => {
    localStorage.setItem("edge-chat.rooms", "ok,<b>,, other");
    expect(recentRooms()).toEqual(["ok"]);
    for (const room of ["a", "b", "c", "a", "d", "e", "f", "g"]) rememberRoom(room);
    expect(recentRooms()).toEqual(["g", "f", "e", "d", "a", "c"]);
  });
});

describe("what the backend wants said", () => {
  const text = { en: "Hello", "zh-CN": "你好" };

  test("greeting and suggestions in both languages", () => {
    expect(parsePageContext({ greeting: text, suggestions: [text, text], limits: {} })).toEqual({
      greeting: text,
      suggestions: [text, text],
    });
  });

  test.each([
    undefined,
    null,
    "x",
    7,
    [],
    {},
    { greeting: "plain", suggestions: {} },
    { suggestions: [{ en: "only" }] },
  ])("%j is as good as nothing", (value) => {
    expect(parsePageContext(value)).toEqual(EMPTY_CONTEXT);
  });
});
