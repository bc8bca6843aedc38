/**
 * A message box. Enter sends and Shift+Enter breaks the line; on a touch keyboard, which has no Shift+Enter, Enter breaks the
 * line. Ctrl+Enter and Cmd+Enter always send. Enter inside an input method's composition and text that fits no frame don't send.
 */
import type { ChangeEvent, FormEvent, KeyboardEvent } from "react";
import { maxFrameBytes } from "../../shared/protocol/limits.ts";
import { utf8Length } from "../../shared/text.ts";

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

/** The device has no mouse and no touchpad, so its keyboard is most likely on the screen. */
function hasTouchKeyboard(): boolean {
  return globalThis.matchMedia?.("(hover: none) and (pointer: coarse)").matches === true;
}

export interface ComposerOptions {
  readonly text: string;
  readonly onText: (text: string) => void;
  /** Called with a prompt that may be sent; clearing the text is the caller's. */
  readonly onSend: (prompt: string) => void;
  /** False where nothing can be sent now: the text is kept. Default: true. */
  readonly canSend?: boolean;
  /** The question has more than its text, such as files: it may be sent without any. Default: false. */
  readonly hasMore?: boolean;
}

export interface Composer {
  /** More than a frame holds. */
  readonly isTooLong: boolean;
  /** It may be sent now. */
  readonly isReady: boolean;
  readonly formProps: { readonly onSubmit: (event: FormEvent) => void };
  readonly inputProps: {
    readonly value: string;
    readonly "aria-invalid": boolean;
    readonly enterKeyHint: "send" | "enter";
    readonly autoComplete: "off";
    readonly onChange: (event: ChangeEvent<HTMLTextAreaElement>) => void;
    readonly onKeyDown: (event: KeyboardEvent) => void;
  };
}

/** Props for a `<form>` and its `<textarea>`. Holds no state: the text is the caller's, as `useDraft` or `useState` keeps it. */
export function useComposer({ text, onText, onSend, canSend = true, hasMore = false }: ComposerOptions): Composer {
  const isTooLong = !fitsFrame(text);
  const isReady = canSend && !isTooLong && (hasMore || text.trim() !== "");
  const isTouch = hasTouchKeyboard();
  const send = (event: FormEvent | KeyboardEvent) => {
    event.preventDefault();
    if (isReady) onSend(text);
  };
  return {
    isTooLong,
    isReady,
    formProps: { onSubmit: send },
    inputProps: {
      value: text,
      "aria-invalid": isTooLong,
      enterKeyHint: isTouch ? "enter" : "send",
      autoComplete: "off",
      onChange: (event) => onText(event.target.value),
      onKeyDown: (event) => {
        if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
        if (!isTouch || event.ctrlKey || event.metaKey) send(event);
      },
    },
  };
}
