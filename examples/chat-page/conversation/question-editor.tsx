/** A question that is being asked anew, in its own place. Enter sends, Esc leaves it as it was. */
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { isComposing, useComposer } from "../../../client/react.tsx";
import { useStrings } from "../language/locale.tsx";

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
  const { isTooLong, isReady, formProps, inputProps } = useComposer({ text: edited, onText: setEdited, onSend });

  useEffect(() => {
    box.current?.focus();
    box.current?.setSelectionRange(text.length, text.length);
  }, [text]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || isComposing(event)) return;
    // Here it is about the edit, not about an answer that runs.
    event.stopPropagation();
    onCancel();
  };
  return (
    <form className="question editor" {...formProps} onKeyDown={onKeyDown} aria-label={strings.editQuestion}>
      <div className="grow" data-text={`${edited}\n`}>
        <textarea {...inputProps} ref={box} rows={1} aria-label={strings.editQuestion} aria-describedby={hintId} />
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
