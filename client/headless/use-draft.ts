/**
 * The unsent message of a room. It is kept for the tab over a reload and a look into another room; when the tab is closed it is
 * left for the next tab that opens the room.
 */
import { useCallback, useEffect, useState } from "react";
import { readItem, writeItem } from "./browser-storage.ts";

/** Used by a component that is keyed by room: the draft is read once, when the component mounts. */
export function useDraft(room: string): readonly [string, (text: string) => void] {
  const key = `edge-chat.draft.${room}`;
  const [text, setText] = useState(() => readItem("session", key) ?? readItem("local", key) ?? "");
  useEffect(() => {
    // This tab has it now: a second open tab must not show it too.
    const take = () => writeItem("local", key, "");
    const leave = () => writeItem("local", key, readItem("session", key) ?? "");
    take();
    window.addEventListener("pagehide", leave);
    window.addEventListener("pageshow", take);
    return () => {
      window.removeEventListener("pagehide", leave);
      window.removeEventListener("pageshow", take);
    };
  }, [key]);
  const change = useCallback(
    (next: string) => {
      setText(next);
      writeItem("session", key, next);
    },
    [key],
  );
  return [text, change];
}
