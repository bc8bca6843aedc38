/**
 * A turn as the events of an AG-UI run (https://docs.ag-ui.com/concepts/events). Pure: views of the turn go in, events come out.
 * Which events there are depends on the answer alone, never on how its text was cut; only the pieces of text differ. So an event
 * has a position, and a reader that comes back gets what follows it.
 *
 * The first text has the turn's id as its `messageId`. What the protocol has no event for is `CUSTOM`, with the part's type as
 * its name.
 */
import { type ChunkPart, isRun, type Part, type RunPart, textIn, unitsOf, withText } from "../../../shared/content.ts";
import type { TurnView } from "../../../shared/transcript.ts";

export interface AgUiEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** `<units>.<n>`: the reader has so many units of the answer, and the next `n` events after them. */
export interface RunPosition {
  readonly units: number;
  readonly events: number;
}

export interface PlacedEvent {
  readonly event: AgUiEvent;
  /** Where the reader is with it. */
  readonly id: string;
}

export function parsePosition(id: string | null): RunPosition | undefined {
  const [, units, events] = /^(\d{1,9})\.(\d{1,4})$/.exec(id ?? "") ?? [];
  return units === undefined ? undefined : { units: Number(units), events: Number(events) };
}

export interface RunNames {
  readonly threadId: string;
  readonly runId: string;
  readonly turnId: string;
}

interface OpenText {
  readonly kind: "text" | "reasoning";
  readonly id: string;
  /** Of the part, where the answer names its parts. */
  readonly part: string | undefined;
}

export class RunWriter {
  readonly #names: RunNames;
  /** Events up to here are not sent: the reader has them. */
  readonly #from: RunPosition;
  #units = 0;
  /** Events since `#units` was reached. */
  #count = 0;
  #placed: PlacedEvent[] = [];
  #isStarted = false;
  #open: OpenText | undefined;
  #texts = 0;
  #steps = 0;
  #isInStep = false;
  /** Calls that were begun, and whether some of their input was sent. */
  readonly #calls = new Map<string, { hasInput: boolean; isEnded: boolean; isAnswered: boolean }>();
  #isDone = false;

  constructor(names: RunNames, from: RunPosition = { units: 0, events: 0 }) {
    this.#names = names;
    this.#from = from;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** The events from what the reader has to this view. */
  advance(turn: TurnView): PlacedEvent[] {
    if (this.#isDone) return [];
    this.#start();
    let start = 0;
    for (const part of turn.parts) {
      const end = start + unitsOf(part);
      if (end > this.#units) this.#pass(part, start, end);
      start = end;
    }
    if (turn.state === "settled") this.#end(turn);
    return this.#take();
  }

  /** Ends the run in an error, at whatever position. */
  fail(message: string, code: string): PlacedEvent[] {
    if (this.#isDone) return [];
    this.#start();
    this.#close();
    this.#put({ type: "RUN_ERROR", message, code });
    this.#isDone = true;
    return this.#take();
  }

  /** The question is gone from its room: nobody's failure. */
  removed(): PlacedEvent[] {
    if (this.#isDone) return [];
    this.#start();
    this.#finish({ outcome: { type: "cancelled" } });
    return this.#take();
  }

  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    const { threadId, runId } = this.#names;
    this.#put({ type: "RUN_STARTED", threadId, runId });
  }

  #pass(part: Part, start: number, end: number): void {
    if (isRun(part)) {
      this.#run(part, start, end);
      return;
    }
    this.#chunk(part as ChunkPart);
    this.#reach(end);
  }

  /** A run that a reader has in part is cut where the reader is, so that its position is met. */
  #run(part: RunPart, start: number, end: number): void {
    const { units } = this.#from;
    if (this.#units < units && units < end) {
      this.#piece(withText(part, textIn(part).slice(this.#units - start, units - start)));
      this.#reach(units);
    }
    this.#piece(withText(part, textIn(part).slice(this.#units - start)));
    this.#reach(end);
  }

  #piece(run: RunPart): void {
    const delta = textIn(run);
    if (delta === "") return;
    if (run.type === "tool-input-delta") {
      this.#close();
      const call = this.#call(run.toolCallId, "");
      call.hasInput = true;
      this.#put({ type: "TOOL_CALL_ARGS", toolCallId: run.toolCallId, delta });
      return;
    }
    const kind = run.type === "text-delta" ? "text" : "reasoning";
    if (this.#open?.kind !== kind || this.#open.part !== run.id) this.#begin(kind, run.id);
    const messageId = this.#open?.id;
    this.#put({ type: kind === "text" ? "TEXT_MESSAGE_CONTENT" : "REASONING_MESSAGE_CONTENT", messageId, delta });
  }

  #begin(kind: OpenText["kind"], part: string | undefined): void {
    this.#close();
    this.#texts += kind === "text" ? 1 : 0;
    const { turnId } = this.#names;
    const id = kind === "text" ? this.#textId() : `${turnId}-reasoning-${this.#units}`;
    this.#open = { kind, id, part };
    if (kind === "text") this.#put({ type: "TEXT_MESSAGE_START", messageId: id, role: "assistant" });
    else {
      this.#put({ type: "REASONING_START", messageId: id });
      this.#put({ type: "REASONING_MESSAGE_START", messageId: id, role: "reasoning" });
    }
  }

  #textId(): string {
    return this.#texts <= 1 ? this.#names.turnId : `${this.#names.turnId}-${this.#texts}`;
  }

  #close(): void {
    if (this.#open === undefined) return;
    const { kind, id: messageId } = this.#open;
    this.#open = undefined;
    if (kind === "text") this.#put({ type: "TEXT_MESSAGE_END", messageId });
    else {
      this.#put({ type: "REASONING_MESSAGE_END", messageId });
      this.#put({ type: "REASONING_END", messageId });
    }
  }

  #chunk(part: ChunkPart): void {
    const { type } = part;
    switch (type) {
      case "text-start":
      case "text-end":
      case "reasoning-start":
      case "reasoning-end":
      case "start":
      case "finish":
        this.#close();
        return;
      case "start-step":
        this.#close();
        this.#endStep();
        this.#steps += 1;
        this.#isInStep = true;
        this.#put({ type: "STEP_STARTED", stepName: `step-${this.#steps}` });
        return;
      case "finish-step":
        this.#close();
        this.#endStep();
        return;
    }
    this.#close();
    if (type.startsWith("tool-") && typeof part["toolCallId"] === "string") this.#tool(part, part["toolCallId"]);
    else this.#put({ type: "CUSTOM", name: type, value: part });
  }

  #endStep(): void {
    if (!this.#isInStep) return;
    this.#isInStep = false;
    this.#put({ type: "STEP_FINISHED", stepName: `step-${this.#steps}` });
  }

  #tool(part: ChunkPart, toolCallId: string): void {
    const name = typeof part["toolName"] === "string" ? part["toolName"] : "";
    switch (part.type) {
      case "tool-input-start":
        this.#call(toolCallId, name);
        return;
      case "tool-input-available":
        this.#endCall(toolCallId, name, part["input"]);
        return;
      case "tool-input-error":
        this.#endCall(toolCallId, name, part["input"]);
        this.#result(toolCallId, part["errorText"]);
        return;
      case "tool-output-available":
        this.#endCall(toolCallId, name, {});
        // A preliminary output is replaced by a later one, and the protocol has one result for each call.
        if (part["preliminary"] === true) this.#put({ type: "CUSTOM", name: part.type, value: part });
        else this.#result(toolCallId, part["output"]);
        return;
      case "tool-output-error":
        this.#endCall(toolCallId, name, {});
        this.#result(toolCallId, part["errorText"]);
        return;
      case "tool-output-denied":
        this.#endCall(toolCallId, name, {});
        this.#result(toolCallId, "denied");
        return;
      default:
        this.#put({ type: "CUSTOM", name: part.type, value: part });
    }
  }

  #call(toolCallId: string, toolCallName: string) {
    const known = this.#calls.get(toolCallId);
    if (known !== undefined) return known;
    const call = { hasInput: false, isEnded: false, isAnswered: false };
    this.#calls.set(toolCallId, call);
    // A message without text of its own holds the calls of an answer that begins with one.
    this.#put({ type: "TOOL_CALL_START", toolCallId, toolCallName, parentMessageId: this.#textId() });
    return call;
  }

  #endCall(toolCallId: string, name: string, input: unknown): void {
    const call = this.#call(toolCallId, name);
    if (call.isEnded) return;
    call.isEnded = true;
    if (!call.hasInput) {
      const delta = typeof input === "string" ? input : JSON.stringify(input ?? {});
      this.#put({ type: "TOOL_CALL_ARGS", toolCallId, delta });
    }
    this.#put({ type: "TOOL_CALL_END", toolCallId });
  }

  #result(toolCallId: string, output: unknown): void {
    const call = this.#calls.get(toolCallId);
    if (call !== undefined) call.isAnswered = true;
    const content = typeof output === "string" ? output : JSON.stringify(output ?? null);
    const messageId = `${this.#names.turnId}-result-${toolCallId}`;
    this.#put({ type: "TOOL_CALL_RESULT", messageId, toolCallId, content, role: "tool" });
  }

  #end(turn: TurnView): void {
    const { outcome = "completed", error, usage, model } = turn;
    if (outcome === "failed" || outcome === "interrupted") {
      this.#close();
      const message = error?.message ?? "The answer broke off before its end.";
      this.#put({ type: "RUN_ERROR", message, code: error?.code ?? outcome });
      this.#isDone = true;
      return;
    }
    const pending = [...this.#calls].filter(([, call]) => !call.isAnswered).map(([id]) => id);
    const success = pending.length === 0 ? {} : { outcome: { type: "success", pendingToolCallIds: pending } };
    this.#finish({
      ...(outcome === "cancelled" ? { outcome: { type: "cancelled" } } : success),
      ...(usage === undefined ? {} : { usage: [{ ...usage, ...(model === undefined ? {} : { model }) }] }),
    });
  }

  #finish(facts: object): void {
    this.#close();
    for (const [toolCallId, call] of this.#calls) {
      if (!call.isEnded) this.#put({ type: "TOOL_CALL_END", toolCallId });
    }
    this.#endStep();
    const { threadId, runId } = this.#names;
    this.#put({ type: "RUN_FINISHED", threadId, runId, ...facts });
    this.#isDone = true;
  }

  #put(event: AgUiEvent): void {
    this.#count += 1;
    const { units, events } = this.#from;
    const isHad = this.#units < units || (this.#units === units && this.#count <= events);
    if (!isHad) this.#placed.push({ event, id: `${this.#units}.${this.#count}` });
  }

  /** The events of a part are complete: the last of them stands at the part's end. */
  #reach(units: number): void {
    this.#units = units;
    this.#count = 0;
    const last = this.#placed.pop();
    if (last !== undefined) this.#placed.push({ ...last, id: `${units}.0` });
  }

  #take(): PlacedEvent[] {
    const placed = this.#placed;
    this.#placed = [];
    return placed;
  }
}
