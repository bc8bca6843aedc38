/** Reads the unified format's events as the doctor's checks know them: `{type: "delta", data}` is a token, `complete` is done. */

export interface NamedEvent {
  readonly name: string;
  readonly data: unknown;
}

/** Undefined for a ping. An event of any other form is returned as it came. */
export function namedEvent(event: string, data: unknown): NamedEvent | undefined {
  if (event !== "message" || typeof data !== "object" || data === null || !("type" in data)) {
    return { name: event, data };
  }
  const { type, ...rest } = data as { readonly type: unknown } & Readonly<Record<string, unknown>>;
  switch (type) {
    case "ping":
      return undefined;
    case "delta":
      return { name: "token", data: { text: rest["data"] } };
    case "reasoning":
      return { name: "reasoning", data: { text: rest["data"] } };
    case "tool_call":
      return { name: "tool", data: stepOf(rest, "call", rest["args"]) };
    case "tool_result":
      return {
        name: "tool",
        data: "error" in rest ? stepOf(rest, "error", rest["error"]) : stepOf(rest, "result", rest["result"]),
      };
    case "complete":
      return { name: "done", data: rest };
    case "start":
    case "usage":
    case "error":
      return { name: type, data: rest };
    default:
      return { name: event, data };
  }
}

function stepOf({ id, name }: Readonly<Record<string, unknown>>, phase: string, value: unknown) {
  return { toolCallId: id ?? "", toolName: name ?? "", phase, value };
}
