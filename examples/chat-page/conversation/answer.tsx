/**
 * The content of an answer: text as Markdown, reasoning folded away, tools and data as compact cards. Content that fails to
 * render is shown as plain text, so that no answer can take the page away.
 */

import { createElement } from "react";
import { type Part, type ShownPart, shownParts, type ToolCard, textOf } from "../../../shared/index.ts";
import { useStrings } from "../language/locale.tsx";
import { ScrollingCode } from "../markdown/code-block.tsx";
import { Markdown } from "../markdown/markdown.tsx";
import { PlainText } from "../markdown/plain-text.tsx";
import { ErrorBoundary } from "../ui/error-boundary.tsx";
import { Icon } from "../ui/icons.tsx";

interface AnswerProps {
  readonly parts: readonly Part[];
  readonly isLive: boolean;
}

export function Answer(props: AnswerProps) {
  return (
    <ErrorBoundary fallback={() => <PlainText text={textOf(props.parts)} />}>
      <AnswerParts {...props} />
    </ErrorBoundary>
  );
}

function AnswerParts({ parts, isLive }: AnswerProps) {
  const shown = shownParts(parts);
  return createElement(
    "div",
    { className: "answer-parts" },
    // The children need no keys, because parts are only appended.
    ...shown.map((part, index) => createElement(AnswerPart, { part, isLive: isLive && index === shown.length - 1 })),
  );
}

function AnswerPart({ part, isLive }: { readonly part: ShownPart; readonly isLive: boolean }) {
  const strings = useStrings();
  switch (part.kind) {
    case "text":
      return <Markdown text={part.text} isLive={isLive} />;
    case "reasoning":
      return (
        <details className="fold">
          <summary>{isLive ? strings.reasoningLive : strings.reasoning}</summary>
          <Markdown text={part.text} isLive={isLive} />
        </details>
      );
    case "tool-card":
      return <Tool card={part} />;
    case "data":
      return (
        <details className="fold">
          <summary>
            <span>{strings.data}</span> <code>{part.name}</code>
          </summary>
          <Value label={part.name} value={part.value} />
        </details>
      );
  }
}

function Tool({ card }: { readonly card: ToolCard }) {
  const strings = useStrings();
  const state = card.end === undefined ? "running" : card.end.phase === "error" ? "failed" : "done";
  const stateText = { running: strings.toolRunning, done: strings.toolDone, failed: strings.toolFailed }[state];
  return (
    <details className={`fold tool tool-${state}`}>
      <summary>
        <Icon name="tool" />
        <code>{card.toolName}</code>
        <span className="tool-state">{stateText}</span>
      </summary>
      {card.call === undefined ? null : <Value label={strings.toolInput} value={card.call.value} />}
      {card.end === undefined ? null : <Value label={strings.toolOutput} value={card.end.value} />}
    </details>
  );
}

function Value({ label, value }: { readonly label: string; readonly value: unknown }) {
  const text = typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
  return (
    <div className="value">
      <span>{label}</span>
      <ScrollingCode label={label} code={text} />
    </div>
  );
}
