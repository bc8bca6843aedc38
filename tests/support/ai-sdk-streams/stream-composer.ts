/** Composes a valid stream from wishes (`random-stream.ts`). It knows which parts are open and what may follow them. */
import { assertNever } from "../../../shared/result.ts";
import type { Version } from "../../unit/ai-sdk/stories.ts";
import { ComposedTool } from "./composed-tool.ts";
import type { StreamChunk } from "./stream-chunk.ts";

/** `which` picks one of the parts that are open, or the next free id. */
export type Wish =
  | { readonly kind: "text" | "reasoning"; readonly which: number; readonly delta: string; readonly metadata: unknown }
  | { readonly kind: "end-text"; readonly which: number; readonly metadata: unknown }
  | {
      readonly kind: "tool";
      readonly which: number;
      readonly move: number;
      readonly value: unknown;
      readonly metadata: unknown;
    }
  | { readonly kind: "data"; readonly which: number; readonly value: unknown; readonly isTransient: boolean }
  | { readonly kind: "content"; readonly which: number; readonly metadata: unknown }
  | { readonly kind: "metadata"; readonly value: Readonly<Record<string, unknown>> }
  | { readonly kind: "step" | "reset" };

const dataIds = [undefined, "p", "__proto__", "雨"] as const;

export class StreamComposer {
  readonly chunks: StreamChunk[] = [];
  readonly #version: Version;
  readonly #hasSteps: boolean;
  /** Ids of open parts, in the order of their beginnings. */
  readonly #open: { kind: "text" | "reasoning"; id: string }[] = [];
  readonly #tools: ComposedTool[] = [];
  #nextId = 0;

  constructor(version: Version, hasSteps: boolean) {
    this.#version = version;
    this.#hasSteps = hasSteps;
  }

  start(messageMetadata: unknown): void {
    this.#put({ type: "start", messageId: "m-1", messageMetadata });
    if (this.#hasSteps) this.#put({ type: "start-step" });
  }

  fulfil(wish: Wish): void {
    switch (wish.kind) {
      case "text":
      case "reasoning":
        this.#text(wish.kind, wish.which, wish.delta, wish.metadata);
        break;
      case "end-text":
        this.#endText(wish.which, wish.metadata);
        break;
      case "tool":
        this.#tool(wish);
        break;
      case "data":
        this.#data(wish);
        break;
      case "content":
        this.#content(wish.which, wish.metadata);
        break;
      case "metadata":
        this.#put({ type: "message-metadata", messageMetadata: wish.value });
        break;
      case "step":
        this.#step();
        break;
      case "reset":
        this.#reset();
        break;
      default:
        assertNever(wish);
    }
  }

  end(how: string | undefined): void {
    if (how === "abort") this.#put({ type: "abort", reason: this.#version === "ai5" ? undefined : "no budget" });
    else if (how === "error") this.#put({ type: "error", errorText: "The model failed." });
    else {
      if (this.#hasSteps) this.#put({ type: "finish-step" });
      this.#put({ type: "finish", finishReason: how });
    }
  }

  #put(chunk: StreamChunk): void {
    this.chunks.push(
      Object.fromEntries(Object.entries(chunk).filter(([, value]) => value !== undefined)) as StreamChunk,
    );
  }

  #text(kind: "text" | "reasoning", which: number, delta: string, providerMetadata: unknown): void {
    const open = this.#open.filter((part) => part.kind === kind);
    const known = open[which];
    const id = known?.id ?? this.#freeId();
    if (known === undefined) {
      this.#open.push({ kind, id });
      this.#put({ type: `${kind}-start`, id, providerMetadata });
      if (which === 0) return;
    }
    this.#put({ type: `${kind}-delta`, id, delta, providerMetadata });
  }

  /** Ids return once their part has ended, as those of several model calls do. */
  #freeId(): string {
    this.#nextId += 1;
    const id = ["0", "1", "__proto__", "txt-雨"][this.#nextId % 4] ?? "";
    return this.#open.some((part) => part.id === id) ? `id-${this.#nextId}` : id;
  }

  #endText(which: number, providerMetadata: unknown): void {
    const [part] = this.#open.splice(which % Math.max(1, this.#open.length), 1);
    if (part !== undefined) this.#put({ type: `${part.kind}-end`, id: part.id, providerMetadata });
  }

  #tool({ which, move, value, metadata }: Extract<Wish, { kind: "tool" }>): void {
    const open = this.#tools.filter(({ isOver }) => !isOver);
    let tool = open[which];
    if (tool === undefined) {
      tool = new ComposedTool(this.#version, this.#tools.length, move);
      this.#tools.push(tool);
    }
    for (const chunk of tool.advance(move, value, metadata)) this.#put(chunk);
  }

  #data({ which, value, isTransient }: Extract<Wish, { kind: "data" }>): void {
    const transient = isTransient && which === 0 ? true : undefined;
    this.#put({ type: which > 2 ? "data-other" : "data-progress", id: dataIds[which], data: value, transient });
  }

  #content(which: number, providerMetadata: unknown): void {
    const number = this.chunks.length;
    const url = `https://example.com/${number}?q=雨#x`;
    const kinds: StreamChunk[] = [
      { type: "source-url", sourceId: `s-${number}`, url, title: number % 2 === 0 ? `Source ${number}` : undefined },
      { type: "source-document", sourceId: `d-${number}`, mediaType: "text/plain", title: "Notes", filename: "n.txt" },
      { type: "file", url: "data:image/png;base64,iVBORw0KGgo=", mediaType: "image/png" },
      { type: "file", url, mediaType: "application/pdf" },
      ...(this.#version === "ai7"
        ? [
            { type: "reasoning-file", url, mediaType: "image/png" },
            { type: "custom", kind: "acme.widget" },
            { type: "steering-message", id: `u-${number}`, parts: [{ type: "text", text: "Be brief." }] },
          ]
        : []),
    ];
    const chunk = kinds[which % kinds.length];
    if (chunk !== undefined) this.#put({ ...chunk, providerMetadata });
  }

  /** Before version 7 a step's end closes its texts. */
  #step(): void {
    if (!this.#hasSteps) return;
    this.#put({ type: "finish-step" });
    if (this.#version !== "ai7") this.#open.splice(0);
    this.#put({ type: "start-step" });
  }

  /** Version 7 forgets all open texts and streamed inputs at a reset, and removes the tools of the step. */
  #reset(): void {
    if (this.#version !== "ai7") return;
    this.#put({ type: "reset-step" });
    this.#open.splice(0);
    for (const tool of this.#tools) tool.drop();
  }
}
