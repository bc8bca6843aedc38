/**
 * What a reader of the UI message stream needs again when it comes back in the middle of an answer: its SDK has forgotten which
 * texts and tool inputs are open, and it keeps a step's start only once the step shows something. An open text is started again with its id right before its rest. An open tool input is started
 * again and repeated, which replaces what the reader holds of it. Used by `ui-message-stream.ts`.
 */
import type { ChunkPart, Part, ToolInputPart } from "./content.ts";

interface OpenRun {
  readonly start: ChunkPart;
  /** What the reader has of a tool's input. */
  input: string;
}

export class ReopenedRuns {
  readonly #open = new Map<string, OpenRun>();
  #newSteps = 0;

  /** @param held what the reader has of the answer. */
  constructor(held: readonly Part[]) {
    for (const part of held) this.#hold(part as ChunkPart);
  }

  /** Steps that have begun and showed nothing yet. */
  get newSteps(): number {
    return this.#newSteps;
  }

  /** The chunks that must come before this part. Undefined: the part says nothing to this reader. */
  before(part: Part): readonly ChunkPart[] | undefined {
    if (part.type === "reset-step") this.#open.clear();
    const key = keyOf(part as ChunkPart);
    const run = key === undefined ? undefined : this.#open.get(key);
    if (key === undefined || run === undefined) return [];
    this.#open.delete(key);
    switch (part.type) {
      case "text-delta":
      case "reasoning-delta":
        return [run.start];
      case "text-end":
      case "reasoning-end":
        // Nothing but the end is left: started again, it would leave an empty text.
        return Object.keys(part).length > 2 ? [run.start] : undefined;
      case "tool-input-delta": {
        const { toolCallId } = part as ToolInputPart;
        const { start, input } = run;
        return input === "" ? [start] : [start, { type: "tool-input-delta", toolCallId, inputTextDelta: input }];
      }
      default:
        return [];
    }
  }

  #hold(part: ChunkPart): void {
    const key = keyOf(part);
    if (part.type === "start-step") this.#newSteps += 1;
    else if (!isSilent(part)) this.#newSteps = 0;
    if (part.type === "reset-step") this.#open.clear();
    if (key === undefined) return;
    const run = this.#open.get(key);
    if (part.type.endsWith("-start")) this.#open.set(key, { start: part, input: "" });
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
