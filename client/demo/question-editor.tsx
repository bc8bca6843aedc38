/** A question that is being asked anew, in its own place. Enter sends, Esc leaves it as it was. */
import { type FormEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { fitsFrame, isComposing } from "./composer.tsx";
import { useStrings } from "./locale.tsx";

interface QuestionEditorProps {
  readonly text: string;
  /** Other turns come after this one, and go with it. */
  readonly hasLater: boolean;
  readonly onSend: (text: string) => void;
  readonly onCancel: () => void;
}

export function QuestionEditor({ text, hasLater, onSend, onCancel }: QuestionEditorProps) {
  const strings = useStrings();
  const [edited, setEdited] = useState(text);
  const box = useRef<HTMLTextAreaElement>(null);
  const hintId = useId();
  const isTooLong = !fitsFrame(edited);
  const isReady = !isTooLong && edited.trim() !== "";

  useEffect(() => {
    box.current?.focus();
    box.current?.setSelectionRange(text.length, text.length);
  }, [text]);

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) onSend(edited);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    if (event.key === "Escape") {
      // Here it is about the edit, not about an answer that runs.
      event.stopPropagation();
      onCancel();
    } else if (event.key === "Enter" && !event.shiftKey) onSubmit(event);
  };
  return (
    <form className="question editor" onSubmit={onSubmit} onKeyDown={onKeyDown} aria-label={strings.editQuestion}>
      <div className="grow" data-text={`${edited}\n`}>
        <textarea
          ref={box}
          rows={1}
          value={edited}
          aria-label={strings.editQuestion}
          aria-describedby={hintId}
          aria-invalid={isTooLong}
          enterKeyHint="send"
          autoComplete="off"
          onChange={(event) => setEdited(event.target.value)}
        />
      </div>
      <p id={hintId} className={isTooLong ? "hint hint-bad" : "hint"}>
        {isTooLong ? strings.tooLong : hasLater ? strings.editRemovesLater : strings.editReplaces}
      </p>
      <div className="editor-buttons">
        <button type="button" className="quiet" onClick={onCancel}>
          {strings.cancelEdit}
        </button>
        <button type="submit" disabled={!isReady}>
          {strings.askEdited}
        </button>
      </div>
    </form>
  );
}
