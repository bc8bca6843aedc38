/**
 * The content of an answer: text as Markdown, reasoning folded away, tools and data as compact cards. Content that fails to
 * render is shown as plain text, so that no answer can take the page away.
 */

import { createElement } from "react";
import {
  foldMessage,
  isDataUiPart,
  isTextUiPart,
  isToolUiPart,
  type Part,
  type TextUiPart,
  type ToolUiPart,
  textOf,
  toolNameOf,
  type UiPart,
} from "../../../shared/index.ts";
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
  const shown = foldMessage(parts).parts.filter(({ type }) => type !== "step-start");
  return createElement(
    "div",
    { className: "answer-parts" },
    // The children need no keys: parts are only appended, and a step that is taken back goes from the end.
    ...shown.map((part, index) => createElement(AnswerPart, { part, isLive: isLive && index === shown.length - 1 })),
  );
}

function AnswerPart({ part, isLive }: { readonly part: UiPart; readonly isLive: boolean }) {
  const strings = useStrings();
  if (isTextUiPart(part)) return <Text part={part} isLive={isLive} />;
  if (isToolUiPart(part)) return <Tool part={part} />;
  const { type, ...fields } = part;
  // Data as its backend named it; any other part as its fields.
  const [name, value] = isDataUiPart(part) ? [type.slice("data-".length), part.data] : [type, fields];
  return (
    <details className="fold">
      <summary>
        <span>{strings.data}</span> <code>{name}</code>
      </summary>
      <Value label={name} value={value} />
    </details>
  );
}

function Text({ part, isLive }: { readonly part: TextUiPart; readonly isLive: boolean }) {
  const strings = useStrings();
  if (part.text === "") return null;
  if (part.type === "text") return <Markdown text={part.text} isLive={isLive} />;
  return (
    <details className="fold">
      <summary>{isLive ? strings.reasoningLive : strings.reasoning}</summary>
      <Markdown text={part.text} isLive={isLive} />
    </details>
  );
}

function Tool({ part }: { readonly part: ToolUiPart }) {
  const strings = useStrings();
  const { state, input, output, errorText } = part;
  const isFailed = state === "output-error" || state === "output-denied";
  const shown = isFailed ? "failed" : state === "output-available" ? "done" : "running";
  const stateText = { running: strings.toolRunning, done: strings.toolDone, failed: strings.toolFailed }[shown];
  return (
    <details className={`fold tool tool-${shown}`}>
      <summary>
        <Icon name="tool" />
        <code>{toolNameOf(part)}</code>
        <span className="tool-state">{stateText}</span>
      </summary>
      {input === undefined ? null : <Value label={strings.toolInput} value={input} />}
      {shown === "running" ? null : <Value label={strings.toolOutput} value={errorText ?? output} />}
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
