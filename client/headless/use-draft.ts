/** The unsent message, kept per room and tab: a reload or a look into another room does not lose it. */
import { useCallback, useState } from "react";
import { readItem, writeItem } from "./browser-storage.ts";

/** Used by a component that is keyed by room: the draft is read when it mounts. */
export function useDraft(room: string): readonly [string, (text: string) => void] {
  const key = `edge-chat.draft.${room}`;
  const [text, setText] = useState(() => readItem("session", key) ?? "");
  const change = useCallback(
    (next: string) => {
      setText(next);
      writeItem("session", key, next);
    },
    [key],
  );
  return [text, change];
}
