/** A question as plain text with its line breaks. A long one is folded, so that the answer stays in view. */
import { useState } from "react";
import { isContinuation } from "../../../client/index.ts";
import { promptOf, type TurnInput } from "../../../shared/index.ts";
import { useStrings } from "../language/locale.tsx";
import { Icon } from "../ui/icons.tsx";
import { filesOf, QuestionFiles } from "./question-files.tsx";

/** A longer question is folded. */
const maxShown = { characters: 800, lines: 12 };

export function Question({ input }: { readonly input: TurnInput | undefined }) {
  const strings = useStrings();
  const [isOpen, setOpen] = useState(false);
  if (isContinuation(input)) {
    return (
      <div className="question question-continue">
        <h2 className="sr-only">{strings.question}</h2>
        <p>
          <Icon name="forward" />
          <span>{strings.continue}</span>
        </p>
      </div>
    );
  }
  const text = promptOf(input);
  const files = filesOf(input);
  const isLong = text.length > maxShown.characters || text.split("\n").length > maxShown.lines;
  return (
    <div className="question">
      <h2 className="sr-only">{strings.question}</h2>
      {text === "" ? null : (
        <p className={isLong && !isOpen ? "folded" : undefined} dir="auto">
          {text}
        </p>
      )}
      {isLong ? (
        <button type="button" className="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? strings.showLess : strings.showAll}
        </button>
      ) : null}
      {files.length === 0 ? null : <QuestionFiles files={files} />}
    </div>
  );
}
