/**
 * The unsent message of a room. It is kept for the tab over a reload and a look into another room; when the tab is closed, the
 * drafts of all its rooms are left for the next tabs that open them, one for each.
 */
import { useCallback, useEffect, useState } from "react";
import { keysOf, readItem, writeItem } from "./browser-storage.ts";

const prefix = "edge-chat.draft.";
/** Drafts of one room that closed tabs leave. Beyond this the oldest is dropped. */
const maxLeft = 10;

/**
 * Used by a component that is keyed by room: the draft is read once, when the component mounts.
 * @returns the text, the function that changes it, and whether the browser keeps it: storage may be full or forbidden, and
 * then a page should warn before it is closed
 */
export function useDraft(room: string): readonly [string, (text: string) => void, boolean] {
  const key = prefix + room;
  const [text, setText] = useState(() => startOf(key));
  const [isKept, setKept] = useState(true);
  useEffect(() => {
    writeItem("session", key, startOf(key));
    takeAll();
    window.addEventListener("pagehide", leaveAll);
    window.addEventListener("pageshow", takeAll);
    return () => {
      window.removeEventListener("pagehide", leaveAll);
      window.removeEventListener("pageshow", takeAll);
    };
  }, [key]);
  const change = useCallback(
    (next: string) => {
      setText(next);
      writeItem("session", key, next);
      setKept((readItem("session", key) ?? "") === next);
    },
    [key],
  );
  return [text, change, isKept];
}

/** The tab's own draft, or the last one that a closed tab left. */
function startOf(key: string): string {
  return readItem("session", key) ?? leftIn(key).at(-1) ?? "";
}

/** This tab has its drafts now: another tab must not show them too. */
function takeAll(): void {
  for (const key of keysOf("session", prefix)) {
    const mine = readItem("session", key);
    const left = leftIn(key);
    if (left.some((text) => text === mine))
      leave(
        key,
        left.filter((text) => text !== mine),
      );
  }
}

function leaveAll(): void {
  for (const key of keysOf("session", prefix)) {
    const mine = readItem("session", key) ?? "";
    const others = leftIn(key).filter((text) => text !== mine);
    leave(key, [...others, mine].slice(-maxLeft));
  }
}

function leave(key: string, drafts: readonly string[]): void {
  writeItem("local", key, drafts.length === 0 ? "" : JSON.stringify(drafts));
}

function leftIn(key: string): readonly string[] {
  const kept = readItem("local", key);
  if (kept === undefined) return [];
  try {
    const drafts: unknown = JSON.parse(kept);
    if (Array.isArray(drafts)) return drafts.filter((draft) => typeof draft === "string");
  } catch {
    // Not JSON: an earlier version left the text itself.
  }
  return [kept];
}
