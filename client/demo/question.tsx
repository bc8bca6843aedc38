/** A question as it was typed: plain text, line breaks kept, never parsed. A long one is folded: the answer is what matters. */
import { useState } from "react";
import { useStrings } from "./locale.tsx";

/** What still reads as a question at a glance. */
const maxShown = { characters: 800, lines: 12 };

export function Question({ text }: { readonly text: string }) {
  const strings = useStrings();
  const [isOpen, setOpen] = useState(false);
  const isLong = text.length > maxShown.characters || text.split("\n").length > maxShown.lines;
  return (
    <div className="question">
      <h2 className="sr-only">{strings.question}</h2>
      <p className={isLong && !isOpen ? "folded" : undefined}>{text}</p>
      {isLong ? (
        <button type="button" className="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? strings.showLess : strings.showAll}
        </button>
      ) : null}
    </div>
  );
}
