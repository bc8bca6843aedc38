/** The developer panel: the frames as they arrive and a summary per turn, beside the conversation. */
import { useSyncExternalStore } from "react";
import type { ConnectionState } from "../../../client/index.ts";
import { useLocale, useStrings } from "../language/locale.tsx";
import { useLatestPerFrame } from "../ui/frame-rate.ts";
import {
  firstTokenMs,
  short,
  type Timeline,
  type TimelineEntry,
  type TurnTiming,
  tokensPerSecond,
} from "./timeline.ts";

const timeFormat: Intl.DateTimeFormatOptions = {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
};
/** The number of rows that are shown. */
const shownEntries = 60;

interface DeveloperPanelProps {
  readonly timeline: Timeline;
  readonly connection: ConnectionState;
  readonly onClose: () => void;
}

export function DeveloperPanel({ timeline, connection, onClose }: DeveloperPanelProps) {
  const strings = useStrings();
  const latest = useSyncExternalStore(timeline.subscribe, timeline.read);
  const { entries, turns, resumes, notices } = useLatestPerFrame(latest, true);
  const transport = connection.state === "online" ? strings.transport[connection.transport] : strings.notConnected;
  return (
    <aside id="developer-panel" className="tools" aria-label={strings.developerPanel}>
      <header>
        <h2>{strings.developerPanel}</h2>
        <button type="button" className="quiet" onClick={onClose}>
          {strings.closePanel}
        </button>
      </header>
      <dl className="tools-facts">
        <Fact name={strings.toolsTransport} value={transport} />
        <Fact name={strings.toolsResumes} value={String(resumes)} />
        <Fact name={strings.toolsNotices} value={String(notices)} />
      </dl>
      <Turns turns={turns} />
      <h3>{strings.toolsFrames}</h3>
      <ol className="tools-frames" reversed>
        {entries
          .slice(-shownEntries)
          .reverse()
          .map((entry) => (
            <Row key={entry.key} entry={entry} />
          ))}
      </ol>
    </aside>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Turns({ turns }: { readonly turns: readonly TurnTiming[] }) {
  const strings = useStrings();
  if (turns.length === 0) return <p className="tools-empty">{strings.toolsNoTurns}</p>;
  const number = (value: number | undefined, unit: string) =>
    value === undefined ? "–" : `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{strings.toolsTurn}</th>
          <th scope="col">{strings.toolsFirstToken}</th>
          <th scope="col">{strings.toolsRate}</th>
          <th scope="col">{strings.toolsEnd}</th>
        </tr>
      </thead>
      <tbody>
        {turns.toReversed().map((turn) => (
          <tr key={turn.turnId}>
            <td title={turn.turnId}>{short(turn.turnId)}</td>
            <td>{number(firstTokenMs(turn), "ms")}</td>
            <td>{number(tokensPerSecond(turn), "/s")}</td>
            <td>{turn.outcome ?? "…"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Row({ entry: { at, type, detail, count } }: { readonly entry: TimelineEntry }) {
  const { locale } = useLocale();
  const time = new Date(at).toLocaleTimeString(locale, timeFormat);
  return (
    <li className={`tools-${type}`}>
      <time>{time}</time>
      <b>{type}</b>
      {count > 1 ? <span>×{count}</span> : null}
      <span className="tools-detail">{detail}</span>
    </li>
  );
}
