/**
 * The questions that are being edited, by turn. The text is kept over a reload. When a question is removed while it is being
 * edited (another user edited an earlier one, regenerated it, or cleared the room), the text goes to `onRemoved`.
 */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { ChatSnapshot } from "../../../client/index.ts";
import { readItem, writeItem } from "../../../client/react.tsx";

interface Edit {
  readonly original: string;
  readonly text: string;
}

export interface QuestionEdits {
  /** The text in the editor of this turn; undefined while it is not edited. */
  textOf(turnId: string): string | undefined;
  /** Some text differs from its question. */
  readonly isChanged: boolean;
  readonly actions: QuestionEditActions;
}

/** The same object from render to render. */
export interface QuestionEditActions {
  open(turnId: string, question: string): void;
  change(turnId: string, text: string): void;
  close(turnId: string): void;
}

type Edits = Readonly<Record<string, Edit>>;

export function useQuestionEdits(snapshot: ChatSnapshot, onRemoved: (text: string) => void): QuestionEdits {
  const { room, turns, older, view } = snapshot;
  const key = `edge-chat.edits.${room}`;
  const [edits, setEdits] = useState<Edits>(() => parseEdits(readItem("session", key)));
  const latest = useRef(edits);
  const seen = useRef<Set<string>>(new Set());

  const update = useCallback(
    (change: (edits: Edits) => Edits) => {
      const next = change(latest.current);
      if (next === latest.current) return;
      latest.current = next;
      setEdits(next);
      writeItem("session", key, Object.keys(next).length === 0 ? "" : JSON.stringify(next));
    },
    [key],
  );
  const actions = useMemo(
    (): QuestionEditActions => ({
      open: (turnId, question) => update((all) => ({ ...all, [turnId]: { original: question, text: question } })),
      change: (turnId, text) =>
        update((all) => (all[turnId] === undefined ? all : { ...all, [turnId]: { ...all[turnId], text } })),
      close: (turnId) => update((all) => without(all, turnId)),
    }),
    [update],
  );

  useEffect(() => {
    if (view.epoch === undefined) return;
    const shown = new Set(turns.map(({ id }) => id));
    for (const [turnId, { original, text }] of Object.entries(latest.current)) {
      if (shown.has(turnId)) seen.current.add(turnId);
      // After a reload it may be among the older questions, which are not loaded yet.
      if (shown.has(turnId) || !(seen.current.has(turnId) || older.state === "none")) continue;
      actions.close(turnId);
      if (text.trim() !== "" && text !== original) onRemoved(text);
    }
  }, [turns, older, view, actions, onRemoved]);

  const isChanged = Object.values(edits).some(({ original, text }) => text !== original);
  return { textOf: (turnId) => edits[turnId]?.text, isChanged, actions };
}

function without(edits: Edits, turnId: string): Edits {
  if (edits[turnId] === undefined) return edits;
  return Object.fromEntries(Object.entries(edits).filter(([id]) => id !== turnId));
}

/** Other pages of this origin can write to the storage, so what is read is checked. */
function parseEdits(stored: string | undefined): Edits {
  try {
    const value: unknown = JSON.parse(stored ?? "{}");
    if (typeof value !== "object" || value === null) return {};
    return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, Edit] => isEdit(entry[1])));
  } catch {
    return {}; // Not JSON: nothing was kept.
  }
}

function isEdit(value: unknown): value is Edit {
  if (typeof value !== "object" || value === null) return false;
  const { original, text } = value as Partial<Record<keyof Edit, unknown>>;
  return typeof original === "string" && typeof text === "string";
}
