/** One tool call of a random stream: what may follow what, from its first chunk to its last. */
import type { Version } from "../../unit/ai-sdk/stories.ts";
import type { StreamChunk } from "./stream-chunk.ts";

type State = "new" | "streaming" | "called" | "asked" | "answered" | "over";

export class ComposedTool {
  readonly #version: Version;
  readonly #toolCallId: string;
  readonly #toolName: string;
  /** On every chunk of the call: version 5 finds a dynamic tool by the field. */
  readonly #facts: Readonly<Record<string, unknown>>;
  #state: State = "new";

  constructor(version: Version, number: number, variant: number) {
    this.#version = version;
    this.#toolCallId = ["call-0", "__proto__", "call-雨"][number] ?? `call-${number}`;
    this.#toolName = ["weather", "search", "mcp__read"][variant % 3] ?? "weather";
    this.#facts = {
      dynamic: variant % 3 === 2 ? true : undefined,
      providerExecuted: variant % 4 === 1 ? true : undefined,
    };
  }

  get isOver(): boolean {
    return this.#state === "over";
  }

  /** The step that held the call starts over. */
  drop(): void {
    this.#state = "over";
  }

  advance(move: number, value: unknown, providerMetadata: unknown): StreamChunk[] {
    const id = { toolCallId: this.#toolCallId };
    const named = { ...id, toolName: this.#toolName, ...this.#facts };
    const title = move % 2 === 0 && this.#version !== "ai5" ? "A title" : undefined;
    switch (this.#state) {
      case "new":
        if (move < 6) {
          this.#state = "streaming";
          return [{ type: "tool-input-start", ...named, title, providerMetadata }];
        }
        return this.#call(move, { ...named, title, providerMetadata }, value);
      case "streaming": {
        const text = JSON.stringify(value);
        if (move < 5) {
          return [{ type: "tool-input-delta", ...id, inputTextDelta: text.slice(0, 1 + (move % text.length)) }];
        }
        return this.#call(move, { ...named, title, providerMetadata }, value);
      }
      case "called":
        if (move < 3 && this.#version !== "ai5") {
          this.#state = "asked";
          const signature = move === 0 ? "c2ln" : undefined;
          return [{ type: "tool-approval-request", ...id, approvalId: `ask-${this.#toolCallId}`, signature }];
        }
        return this.#output(move, value, providerMetadata);
      case "asked":
        if (move < 4) {
          this.#state = "over";
          return [{ type: "tool-output-denied", ...id }];
        }
        this.#state = "answered";
        if (this.#version !== "ai7") return this.#output(move, value, providerMetadata);
        return [
          {
            type: "tool-approval-response",
            approvalId: `ask-${this.#toolCallId}`,
            approved: move > 6,
            providerMetadata,
          },
        ];
      case "answered":
        return this.#output(move, value, providerMetadata);
      case "over":
        return [];
    }
  }

  #call(move: number, fields: Readonly<Record<string, unknown>>, input: unknown): StreamChunk[] {
    if (move === 11) {
      this.#state = "over";
      return [{ type: "tool-input-error", ...fields, input, errorText: "The input can't be read." }];
    }
    this.#state = "called";
    return [{ type: "tool-input-available", ...fields, input }];
  }

  #output(move: number, output: unknown, providerMetadata: unknown): StreamChunk[] {
    const fields = { toolCallId: this.#toolCallId, ...this.#facts, providerMetadata };
    if (move < 6) return [{ type: "tool-output-available", ...fields, output, preliminary: true }];
    this.#state = "over";
    if (move < 8) return [{ type: "tool-output-error", ...fields, errorText: "The tool failed." }];
    return [{ type: "tool-output-available", ...fields, output }];
  }
}
