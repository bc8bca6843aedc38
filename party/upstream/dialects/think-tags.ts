/**
 * Takes reasoning that a model writes as `<think>…</think>` out of its text. Only at the start of the answer and after a tool
 * step: anywhere else the tag may be what the answer talks about. Works on text that is cut anywhere, also inside a tag.
 */
import type { TextKind } from "../../../shared/content.ts";

type Emit = (kind: TextKind, text: string) => void;

const openings = ["<think>", "<thinking>", "<thought>"] as const;
/** Longer white space before a tag is an answer of its own. */
const maxBlank = 64;

/** armed: a tag may begin here. thinking: until the closing tag. after: line breaks behind it are dropped. off: text is text. */
type State = "armed" | "thinking" | "after" | "off";

export class ThinkTags {
  #state: State = "armed";
  #held = "";
  #closing = "";

  /** True while some text waits for the rest of a tag. */
  get isHolding(): boolean {
    return this.#held !== "";
  }

  /** True while text passes through unchanged. */
  get isOff(): boolean {
    return this.#state === "off";
  }

  /** A tag may come again: something else than text was read. Text that is held back is emitted first. */
  arm(emit: Emit): void {
    this.end(emit);
    this.#state = "armed";
  }

  push(text: string, emit: Emit): void {
    if (text === "") return;
    this.#held += text;
    while (this.#held !== "" && this.#step(emit));
  }

  /** No more text follows. */
  end(emit: Emit): void {
    const held = this.#held;
    this.#held = "";
    if (this.#state === "thinking") emit("reasoning", held);
    else if (this.#state !== "after") emit("text", held);
  }

  /** True where there may be more to do with what is held. */
  #step(emit: Emit): boolean {
    switch (this.#state) {
      case "armed":
        return this.#opening(emit);
      case "thinking":
        return this.#thinking(emit);
      case "after":
        this.#held = this.#held.replace(/^[\r\n]+/, "");
        if (this.#held !== "") this.#state = "off";
        return true;
      case "off": {
        const held = this.#held;
        this.#held = "";
        emit("text", held);
        return false;
      }
    }
  }

  #opening(emit: Emit): boolean {
    const text = this.#held.trimStart();
    const blank = this.#held.length - text.length;
    if (blank <= maxBlank) {
      const opening = openings.find((tag) => text.startsWith(tag));
      if (opening !== undefined) {
        this.#closing = `</${opening.slice(1)}`;
        this.#held = text.slice(opening.length);
        this.#state = "thinking";
        return true;
      }
      if (openings.some((tag) => tag.startsWith(text))) return false;
    }
    this.#state = "off";
    emit("text", this.#held);
    this.#held = "";
    return false;
  }

  #thinking(emit: Emit): boolean {
    const at = this.#held.indexOf(this.#closing);
    if (at >= 0) {
      emit("reasoning", this.#held.slice(0, at));
      this.#held = this.#held.slice(at + this.#closing.length);
      this.#state = "after";
      return true;
    }
    const kept = overlap(this.#held, this.#closing);
    emit("reasoning", this.#held.slice(0, this.#held.length - kept));
    this.#held = this.#held.slice(this.#held.length - kept);
    return false;
  }
}

/** How many units at the end of `text` may be the beginning of `mark`. */
export function overlap(text: string, mark: string): number {
  for (let length = Math.min(text.length, mark.length - 1); length > 0; length -= 1) {
    if (text.endsWith(mark.slice(0, length))) return length;
  }
  return 0;
}
