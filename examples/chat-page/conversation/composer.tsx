/** The message box, which grows with its text. `useComposer` handles its keys. */
import type { Ref } from "react";
import { useComposer } from "../../../client/react.tsx";
import { AttachButton } from "../attachments/attach-button.tsx";
import { AttachmentList } from "../attachments/attachment-list.tsx";
import type { Attachments } from "../attachments/use-attachments.ts";
import { useStrings } from "../language/locale.tsx";
import { Icon } from "../ui/icons.tsx";

interface ComposerProps {
  readonly attachments: Attachments;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onSend: (prompt: string) => void;
  /** Present while an answer runs. */
  readonly onStop?: (() => void) | undefined;
  readonly isStopping: boolean;
  /** False when the room is closed to this page. The text is kept and nothing is sent. */
  readonly canSend: boolean;
  readonly inputRef: Ref<HTMLTextAreaElement>;
}

export function Composer(props: ComposerProps) {
  const { attachments, text, onText, onSend, onStop, isStopping, canSend, inputRef } = props;
  const strings = useStrings();
  const { list, files } = attachments;
  const { isTooLong, isReady, formProps, inputProps } = useComposer({
    ...{ text, onText, onSend },
    // A file that is on its way, or has failed, would be missing from the question without a word.
    canSend: canSend && files !== undefined,
    hasMore: list.length > 0,
  });
  const isUploading = list.some(({ phase }) => phase.state === "uploading");
  const hint = isTooLong
    ? strings.tooLong
    : files === undefined
      ? isUploading
        ? strings.stillUploading
        : strings.fixFiles
      : onStop !== undefined && text !== ""
        ? strings.willQueue
        : undefined;
  const focusInput = () => document.getElementById("message")?.focus();
  return (
    <form className="composer" {...formProps} aria-label={strings.message}>
      <AttachmentList list={list} onRemove={attachments.remove} onRetry={attachments.retry} onEmpty={focusInput} />
      <div className="composer-box">
        <AttachButton onFiles={attachments.add} isDisabled={!canSend} />
        {/* The wrapper's copy of the text gives the box its height: it grows without measuring. */}
        <div className="grow" data-text={`${text}\n`} dir="auto">
          <textarea
            {...inputProps}
            ref={inputRef}
            id="message"
            rows={1}
            dir="auto"
            placeholder={strings.messagePlaceholder}
            aria-label={strings.message}
            aria-describedby="composer-hint"
          />
        </div>
        {onStop === undefined ? null : (
          <button type="button" className="stop" onClick={onStop} disabled={isStopping} aria-label={strings.stopAnswer}>
            <Icon name="stop" />
            <span>{isStopping ? strings.stopping : strings.stop}</span>
          </button>
        )}
        <button type="submit" className="send" disabled={!isReady} aria-label={strings.send}>
          <Icon name="send" />
        </button>
      </div>
      <p id="composer-hint" className={isTooLong || (files === undefined && !isUploading) ? "hint hint-bad" : "hint"}>
        {hint ?? <span className="keys">{strings.composerHint}</span>}
      </p>
    </form>
  );
}
