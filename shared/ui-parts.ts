/**
 * The parts of a message as a page shows them, in the shape of the AI SDK's `UIMessage`. `message-fold.ts` makes them of an
 * answer's parts. A part of a type that isn't known here has the fields that its chunk came with.
 */

export interface TextUiPart {
  readonly type: "text" | "reasoning";
  readonly text: string;
  readonly state: "streaming" | "done";
  readonly [field: string]: unknown;
}

export type ToolState =
  | "input-streaming"
  | "input-available"
  | "approval-requested"
  | "approval-responded"
  | "output-available"
  | "output-error"
  | "output-denied";

/** A tool's call and what came of it. `dynamic-tool` has its name in `toolName`, any other type is `tool-<name>`. */
export interface ToolUiPart {
  readonly type: `tool-${string}` | "dynamic-tool";
  readonly toolCallId: string;
  readonly state: ToolState;
  readonly toolName?: string;
  readonly title?: string;
  /** While the input is streaming: what is known of it. */
  readonly input?: unknown;
  readonly output?: unknown;
  readonly errorText?: string;
  readonly providerExecuted?: boolean;
  readonly [field: string]: unknown;
}

export interface DataUiPart {
  readonly type: `data-${string}`;
  readonly id?: string;
  readonly data: unknown;
}

export interface OtherUiPart {
  readonly type: string;
  readonly [field: string]: unknown;
}

export type UiPart = TextUiPart | ToolUiPart | DataUiPart | OtherUiPart;

export function isTextUiPart(part: UiPart): part is TextUiPart {
  return part.type === "text" || part.type === "reasoning";
}

export function isToolUiPart(part: UiPart): part is ToolUiPart {
  return part.type === "dynamic-tool" || part.type.startsWith("tool-");
}

export function isDataUiPart(part: UiPart): part is DataUiPart {
  return part.type.startsWith("data-");
}

export function toolNameOf({ type, toolName }: ToolUiPart): string {
  return type === "dynamic-tool" ? (toolName ?? "") : type.slice("tool-".length);
}
