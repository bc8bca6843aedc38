/** The editor of a question, in its place. Enter sends it, Esc keeps the question as it was. The caller keeps the text. */
import { type KeyboardEvent, useEffect, useId, useRef } from "react";
import { isComposing, useComposer } from "../../../client/react.tsx";
import { useStrings } from "../language/locale.tsx";

interface QuestionEditorProps {
  readonly text: string;
  readonly onText: (text: string) => void;
  /** Other turns come after this one, and are removed with it. */
  readonly hasLater: boolean;
  readonly onSend: (text: string) => void;
  readonly onCancel: () => void;
}

export function QuestionEditor({ text, onText, hasLater, onSend, onCancel }: QuestionEditorProps) {
  const strings = useStrings();
  const box = useRef<HTMLTextAreaElement>(null);
  const hintId = useId();
  const { isTooLong, isReady, formProps, inputProps } = useComposer({ text, onText, onSend });

  useEffect(() => {
    box.current?.focus();
    box.current?.setSelectionRange(box.current.value.length, box.current.value.length);
  }, []);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || isComposing(event)) return;
    // In the editor, Esc ends the edit and must not stop a running answer.
    event.stopPropagation();
    onCancel();
  };
  return (
    <form className="question editor" {...formProps} onKeyDown={onKeyDown} aria-label={strings.editQuestion}>
      <div className="grow" data-text={`${text}\n`} dir="auto">
        <textarea
          {...inputProps}
          ref={box}
          rows={1}
          dir="auto"
          aria-label={strings.editQuestion}
          aria-describedby={hintId}
        />
      </div>
      <p id={hintId} className={isTooLong ? "hint hint-bad" : "hint"}>
        {isTooLong ? strings.tooLong : hasLater ? strings.editRemovesLater : strings.editReplaces}
        {isTooLong ? null : <span className="keys"> {strings.editKeys}</span>}
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
