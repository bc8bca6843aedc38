/**
 * The blocks of one text that may still grow. Parses one version at a time, always the newest, and only the part that later
 * text can change. Knows no React and no worker.
 */
import type { Block, ParsedMarkdown } from "./parser/parsed-markdown.ts";
import type { MarkdownParser } from "./parser/worker-parser.ts";

export interface ShownDocument {
  readonly blocks: readonly Block[];
  /** Text after the blocks that is shown as it is. */
  readonly rest: string;
}

interface Version {
  readonly text: string;
  readonly isLive: boolean;
}

export class GrowingDocument {
  readonly #parser: MarkdownParser;
  readonly #onShow: (shown: ShownDocument) => void;
  #blocks: readonly Block[] = [];
  #closed = 0;
  /** The closed blocks cover this much of the text. */
  #closedText = "";
  #next: Version | undefined;
  #state: "idle" | "parsing" | "unparsable" | "closed" = "idle";

  constructor(parser: MarkdownParser, onShow: (shown: ShownDocument) => void) {
    this.#parser = parser;
    this.#onShow = onShow;
  }

  update(version: Version): void {
    if (this.#state === "closed") return;
    if (!version.text.startsWith(this.#closedText)) this.#forget();
    this.#next = version;
    if (this.#state === "unparsable") this.#showAsText(version.text);
    else if (this.#state === "idle") void this.#parse();
  }

  close(): void {
    this.#state = "closed";
  }

  async #parse(): Promise<void> {
    for (let version = this.#next; version !== undefined; version = this.#next) {
      this.#next = undefined;
      this.#state = "parsing";
      const { text, isLive } = version;
      const parsed = await this.#parser.parse({ text, from: this.#closedText.length, isLive });
      // The reader may have gone meanwhile, and the text may be another one.
      if (this.#isClosed()) return;
      if (!text.startsWith(this.#closedText)) continue;
      if (parsed === undefined) {
        this.#state = "unparsable";
        this.#showAsText(this.#newest(text));
        return;
      }
      this.#take(text, parsed);
    }
    this.#state = "idle";
  }

  #newest(text: string): string {
    return this.#next?.text ?? text;
  }

  #isClosed(): boolean {
    return this.#state === "closed";
  }

  #take(text: string, parsed: ParsedMarkdown): void {
    const kept = parsed.from === 0 ? [] : this.#blocks.slice(0, this.#closed);
    this.#blocks = [...kept, ...parsed.blocks];
    this.#closed = kept.length + parsed.closed;
    this.#closedText = text.slice(0, parsed.closedUntil);
    this.#onShow({ blocks: this.#blocks, rest: "" });
  }

  #showAsText(text: string): void {
    const rest = text.slice(this.#closedText.length);
    this.#onShow({ blocks: this.#blocks.slice(0, this.#closed), rest });
  }

  #forget(): void {
    this.#blocks = [];
    this.#closed = 0;
    this.#closedText = "";
    if (this.#state === "unparsable") this.#state = "idle";
  }
}
