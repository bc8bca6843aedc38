/**
 * Keeps the tag of an answer's text: text under another tag is another format. Counts the text that went on under a tag without
 * a role, because an answer must not lose text silently.
 */
import { malformed } from "../stream-event.ts";

/** Tags that one backend mixes in one answer. */
const sameText: ReadonlyMap<string, string> = new Map([
  ["agent_message", "message"],
  ["part_start", "part_delta"],
  ["on_llm_stream", "on_chat_model_stream"],
]);

export class TextTag {
  /** Undefined until the first text; "" where text has no tag. */
  #tag: string | undefined;
  #strayTag: string | undefined;
  #strays = 0;

  get isKnown(): boolean {
    return this.#tag !== undefined;
  }

  is(tag: string): boolean {
    return this.#tag === tag;
  }

  /** Whether text under this tag belongs to the answer. The first text decides. */
  accepts(tag: string): boolean {
    const known = sameText.get(tag) ?? tag;
    this.#tag ??= known;
    return this.#tag === known;
  }

  /** Text came under the answer's own tag: text before it under other tags was no part of the answer. */
  returned(): void {
    this.#strays = 0;
  }

  /** Text came under a tag without a role. */
  strayed(tag: string): void {
    if (tag !== this.#strayTag) this.#strays = 0;
    this.#strayTag = tag;
    this.#strays += 1;
  }

  /** @throws UpstreamFailure where text went on under another tag and never came back. */
  check(): void {
    if (this.#strays > 1) throw malformed(`text under "${this.#strayTag}", which nothing says is text`);
  }

  /** The failure of text under a tag that isn't the answer's. */
  foreign(tag: string): Error {
    return malformed(`text under "${sameText.get(tag) ?? tag}" after text under "${this.#tag}"`);
  }
}
