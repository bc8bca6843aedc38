/**
 * What a reader of the UI message stream needs again when it comes back in the middle of an answer: its SDK has forgotten which
 * texts and tool inputs are open, and it keeps a step's start only once the step shows something. An open text is started again
 * with its id right before its rest. An open tool input is started again and repeated, which replaces what the reader holds of it.
 * Used by `ui-message-stream.ts`.
 */
import type { ChunkPart, Part, ToolInputPart } from "./content.ts";

interface OpenRun {
  readonly start: ChunkPart;
  /** What the reader has of a tool's input. */
  input: string;
  /** The run began in an earlier step than the one that the stream is in. */
  isOfEarlierStep: boolean;
}

export class ReopenedRuns {
  /** Runs that the reader has begun and that weren't started again yet. */
  readonly #open = new Map<string, OpenRun>();
  #newSteps = 0;
  /**
   * The chunks of texts that were started again in a later step than their own. To the reader they belong to this step, so a
   * `reset-step` would remove them. They are sent again after it.
   */
  #strays: ChunkPart[][] = [];
  /** Those of them that may still grow. */
  readonly #growing = new Map<string, ChunkPart[]>();

  /** @param held what the reader has of the answer. */
  constructor(held: readonly Part[]) {
    for (const part of held) this.#hold(part as ChunkPart);
  }

  /** Steps that have begun and showed nothing yet. */
  get newSteps(): number {
    return this.#newSteps;
  }

  /** The chunks that this reader gets for the next one of the answer. None: the chunk says nothing to it. */
  chunksFor(chunk: ChunkPart): readonly ChunkPart[] {
    if (chunk.type === "start-step") this.#nextStep();
    else if (chunk.type === "reset-step") {
      this.#open.clear();
      this.#growing.clear();
      return [chunk, ...this.#strays.flat()];
    }
    const key = keyOf(chunk);
    if (key === undefined) return [chunk];
    const run = this.#open.get(key);
    if (run !== undefined) {
      this.#open.delete(key);
      return this.#reopened(key, run, chunk);
    }
    const stray = this.#growing.get(key);
    if (stray !== undefined) {
      if (!chunk.type.endsWith("-start")) stray.push(chunk);
      if (!chunk.type.endsWith("-delta")) this.#growing.delete(key);
    }
    return [chunk];
  }

  #reopened(key: string, { start, input, isOfEarlierStep }: OpenRun, chunk: ChunkPart): readonly ChunkPart[] {
    switch (chunk.type) {
      case "text-end":
      case "reasoning-end":
        // Nothing but the end is left: started again, it would leave an empty text.
        if (Object.keys(chunk).length <= 2) return [];
        break;
      case "text-delta":
      case "reasoning-delta":
        break;
      case "tool-input-delta": {
        const { toolCallId } = chunk as unknown as ToolInputPart;
        // In a later step, the SDK makes a second part of the input, without what the start says of the call alone.
        const { providerExecuted: _, providerMetadata: __, ...bare } = start;
        const again = isOfEarlierStep ? (bare as ChunkPart) : start;
        return input === ""
          ? [again, chunk]
          : [again, { type: "tool-input-delta", toolCallId, inputTextDelta: input }, chunk];
      }
      default:
        return [chunk];
    }
    const chunks = [start, chunk];
    if (isOfEarlierStep) {
      const stray = [...chunks];
      this.#strays.push(stray);
      if (chunk.type.endsWith("-delta")) this.#growing.set(key, stray);
    }
    return chunks;
  }

  /** What was started again before now lies in an earlier step, to the reader as well. */
  #nextStep(): void {
    this.#strays = [];
    this.#growing.clear();
    for (const run of this.#open.values()) run.isOfEarlierStep = true;
  }

  #hold(part: ChunkPart): void {
    const key = keyOf(part);
    if (part.type === "start-step") {
      this.#newSteps += 1;
      this.#nextStep();
    } else if (!isSilent(part)) this.#newSteps = 0;
    if (part.type === "reset-step") this.#open.clear();
    if (key === undefined) return;
    const run = this.#open.get(key);
    if (part.type.endsWith("-start")) this.#open.set(key, { start: part, input: "", isOfEarlierStep: false });
    else if (part.type === "tool-input-delta" && run !== undefined) run.input += String(part["inputTextDelta"]);
    else if (!part.type.endsWith("-delta")) this.#open.delete(key);
  }
}

/** Whether a chunk leaves the message as it was. */
function isSilent({ type, transient, messageMetadata }: ChunkPart): boolean {
  if (type === "finish" || type === "message-metadata") return messageMetadata === undefined;
  return transient === true || type === "finish-step" || type === "reset-step";
}

/** The run that a chunk belongs to. */
function keyOf({ type, id, toolCallId }: ChunkPart): string | undefined {
  if (type.startsWith("text-")) return `text ${String(id)}`;
  if (type.startsWith("reasoning-") && type !== "reasoning-file") return `reasoning ${String(id)}`;
  return type.startsWith("tool-input-") ? `tool ${String(toolCallId)}` : undefined;
}
