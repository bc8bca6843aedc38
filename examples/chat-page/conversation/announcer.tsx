/**
 * Announces changes to screen readers in one polite region: an answer began, ended or failed, or the connection changed. It
 * doesn't announce the words of a running answer. The conversation itself is a log without announcements.
 */
import { useEffect, useRef, useState } from "react";
import type { ChatSnapshot } from "../../../client/index.ts";
import { isRunning } from "../../../client/react.tsx";
import { type Locale, messageFor, type TurnView, textOf } from "../../../shared/index.ts";
import { useLocale, useStrings } from "../language/locale.tsx";
import type { Strings } from "../language/strings.ts";

/** The number of characters of an ended answer that are announced. The rest can be read in the log. */
const maxSpoken = 600;

/** The announcement for a change from `before` to `after`. It is empty for the first snapshot of a room, which is history. */
export function announcement(before: ChatSnapshot, after: ChatSnapshot, strings: Strings, locale: Locale): string {
  const said: string[] = [];
  const isNewState = before.connection.state !== after.connection.state;
  if (reasonOf(after) !== reasonOf(before) || (isNewState && before.connection.state !== "connecting")) {
    said.push(connectionText(after, strings, locale));
  }
  if (before.older !== after.older && after.older.state === "failed") said.push(strings.olderFailed);
  if (before.view.epoch === after.view.epoch && before.turns !== after.turns) {
    const known = new Map(before.turns.map((turn) => [turn.id, turn]));
    said.push(...shapeTexts(before, after, strings));
    for (const turn of after.turns) {
      const old = known.get(turn.id);
      if (old !== turn) said.push(turnText(old, turn, strings, locale));
    }
  }
  return strings.joined(said.filter((text) => text !== ""));
}

/** The code of what is in the way while the client reconnects. */
function reasonOf({ connection }: ChatSnapshot): string | undefined {
  return connection.state === "reconnecting" ? connection.code : undefined;
}

/** Announces older turns that were loaded, and turns that were removed from the end. */
function shapeTexts(before: ChatSnapshot, after: ChatSnapshot, strings: Strings): string[] {
  const last = before.turns.at(-1)?.id;
  if (last !== undefined && after.turns.every(({ id }) => id !== last)) return [strings.saidRemoved];
  const loaded = after.turns.findIndex(({ id }) => id === before.turns[0]?.id);
  return before.older.state === "loading" && loaded > 0 ? [strings.saidOlder(loaded)] : [];
}

function connectionText({ connection }: ChatSnapshot, strings: Strings, locale: Locale): string {
  switch (connection.state) {
    case "connecting":
      return strings.connecting;
    case "online":
      return strings.online;
    case "reconnecting":
      if (connection.code !== undefined) return messageFor(connection.code, locale, connection.message);
      return strings.reconnecting;
    case "offline":
      return strings.offlineDetail;
    case "closed":
      return connection.code === undefined ? strings.closed : messageFor(connection.code, locale, connection.message);
  }
}

function turnText(old: TurnView | undefined, turn: TurnView, strings: Strings, locale: Locale): string {
  if (turn.state === "queued") return old === undefined && (turn.position ?? 0) > 0 ? strings.saidQueued : "";
  if (isRunning(turn)) return old !== undefined && isRunning(old) ? "" : strings.saidAnswerStarted;
  if (old === undefined || old.state === "settled") return "";
  switch (turn.outcome) {
    case "cancelled":
      return turn.stop === "confirmed" ? strings.stoppedConfirmed : strings.stoppedClosed;
    case "failed":
      return turn.error === undefined ? strings.failedUnknown : messageFor(turn.error.code, locale, turn.error.message);
    case "interrupted":
      return strings.interrupted;
    default: {
      const text = strings.saidAnswer(spokenText(textOf(turn.parts)));
      return turn.open === undefined ? text : strings.joined([text, strings.saidWaitsForYou]);
    }
  }
}

/** Removes Markdown's marks, which screen readers would read aloud. */
function spokenText(markdown: string): string {
  const plain = markdown.replace(/```[^\n]*|[*_`#>|]+/g, "").replace(/\s+/g, " ");
  return plain.length <= maxSpoken ? plain.trim() : `${plain.slice(0, maxSpoken).trim()}…`;
}

export function Announcer({ snapshot }: { readonly snapshot: ChatSnapshot }) {
  const strings = useStrings();
  const { locale } = useLocale();
  const before = useRef(snapshot);
  const [said, setSaid] = useState("");
  useEffect(() => {
    const text = announcement(before.current, snapshot, strings, locale);
    before.current = snapshot;
    if (text !== "") setSaid(text);
  }, [snapshot, strings, locale]);
  return (
    <div className="sr-only" role="status" aria-live="polite">
      {said}
    </div>
  );
}
