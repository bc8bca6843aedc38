/** The message box: grows with its text, sends on Enter, never in the middle of an input method's composition. */
import type { FormEvent, KeyboardEvent, Ref } from "react";
import { maxFrameBytes } from "../../shared/protocol/limits.ts";
import { utf8Length } from "../../shared/text.ts";
import { Icon } from "./icons.tsx";
import { useStrings } from "./locale.tsx";

/** Left of a frame for all that is not the prompt: type, ids, options. */
const frameOverheadBytes = 1_024;

/** What an input method does with Enter is its own; Safari ends the composition before the keydown, so its 229 counts too. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.nativeEvent.isComposing || event.keyCode === 229;
}

/** Whether the prompt fits a frame as JSON, where quotes, line ends and Chinese take more than one byte. */
export function fitsFrame(prompt: string): boolean {
  return utf8Length(JSON.stringify(prompt)) <= maxFrameBytes - frameOverheadBytes;
}

interface ComposerProps {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onSend: (prompt: string) => void;
  /** Present while an answer runs. */
  readonly onStop?: (() => void) | undefined;
  readonly isStopping: boolean;
  /** False when the room is closed to this page: the text is kept, nothing is sent. */
  readonly canSend: boolean;
  readonly inputRef: Ref<HTMLTextAreaElement>;
}

export function Composer({ text, onText, onSend, onStop, isStopping, canSend, inputRef }: ComposerProps) {
  const strings = useStrings();
  const isTooLong = !fitsFrame(text);
  const isReady = canSend && !isTooLong && text.trim() !== "";
  const send = () => {
    if (isReady) onSend(text);
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    send();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    send();
  };
  const hint = isTooLong ? strings.tooLong : onStop !== undefined && text !== "" ? strings.willQueue : undefined;
  return (
    <form className="composer" onSubmit={onSubmit} aria-label={strings.message}>
      <div className="composer-box">
        {/* The wrapper's copy of the text gives the box its height: it grows without measuring. */}
        <div className="grow" data-text={`${text}\n`}>
          <textarea
            ref={inputRef}
            id="message"
            rows={1}
            value={text}
            placeholder={strings.messagePlaceholder}
            aria-label={strings.message}
            aria-describedby="composer-hint"
            aria-invalid={isTooLong}
            enterKeyHint="send"
            autoComplete="off"
            onChange={(event) => onText(event.target.value)}
            onKeyDown={onKeyDown}
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
      <p id="composer-hint" className={isTooLong ? "hint hint-bad" : "hint"}>
        {hint ?? <span className="keys">{strings.composerHint}</span>}
      </p>
    </form>
  );
}
