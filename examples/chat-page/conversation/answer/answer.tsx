/**
 * The content of an answer: text as Markdown, reasoning folded away, tools and data as compact cards, files and pictures at
 * their place, sources as a list at the end. Content that fails to render is shown as plain text, so that no answer can take
 * the page away.
 */

import { createElement } from "react";
import {
  foldMessage,
  isDataUiPart,
  isTextUiPart,
  isToolUiPart,
  type Part,
  type TextUiPart,
  textOf,
  type UiPart,
} from "../../../../shared/index.ts";
import { useStrings } from "../../language/locale.tsx";
import { Markdown } from "../../markdown/markdown.tsx";
import { PlainText } from "../../markdown/plain-text.tsx";
import { ErrorBoundary } from "../../ui/error-boundary.tsx";
import { FilePart, isFilePart } from "./file-part.tsx";
import { isSourcePart, Sources } from "./sources.tsx";
import { stepNumbers } from "./step-numbers.ts";
import { Tool } from "./tool.tsx";
import { Value } from "./value.tsx";

interface AnswerProps {
  readonly parts: readonly Part[];
  readonly isLive: boolean;
}

export function Answer(props: AnswerProps) {
  return (
    <ErrorBoundary retryKey={props.isLive} fallback={() => <PlainText text={textOf(props.parts)} />}>
      <AnswerParts {...props} />
    </ErrorBoundary>
  );
}

function AnswerParts({ parts, isLive }: AnswerProps) {
  const message = foldMessage(parts).parts;
  const sources = message.filter(isSourcePart);
  const shown = message.filter((part) => !isSourcePart(part));
  const steps = stepNumbers(shown);
  return createElement(
    "div",
    { className: "answer-parts" },
    // The children need no keys: parts are only appended, and a step that is taken back goes from the end.
    ...shown.map((part, index) =>
      part.type === "step-start"
        ? createElement(Step, { number: steps[index] })
        : createElement(AnswerPart, { part, isLive: isLive && (index === shown.length - 1 || isGrowing(part)) }),
    ),
    createElement(Sources, { sources }),
  );
}

/** Whether more of a text may come although other parts follow it. */
const isGrowing = (part: UiPart) => isTextUiPart(part) && part.state === "streaming";

function Step({ number }: { readonly number: number | undefined }) {
  const strings = useStrings();
  return number === undefined ? null : <p className="step">{strings.step(number)}</p>;
}

function AnswerPart({ part, isLive }: { readonly part: UiPart; readonly isLive: boolean }) {
  const strings = useStrings();
  if (isTextUiPart(part)) return <Text part={part} isLive={isLive} />;
  if (isToolUiPart(part)) return <Tool part={part} isLive={isLive} />;
  if (isFilePart(part)) return <FilePart part={part} />;
  const { type, ...fields } = part;
  // Data as its backend named it, and a part of any other type as its fields.
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
