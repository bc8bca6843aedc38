/** The unified dialect (shared/upstream-contract.ts), the only one whose answers can be resumed: its ids are promised to last. */
import type { EventSourceMessage } from "eventsource-parser";
import { unifiedEvents } from "../../../shared/upstream-contract.ts";
import type { BatchBuilder } from "../batch-builder.ts";
import { checked, type Dialect, json, malformed } from "./dialect.ts";
import { endOfSaidError } from "./said-error.ts";

export class UnifiedDialect implements Dialect {
  read({ event, data, id }: EventSourceMessage, into: BatchBuilder): void {
    switch (event) {
      case "token":
        into.text("text", textIn(data));
        break;
      case "reasoning":
        into.text("reasoning", textIn(data));
        break;
      case "start": {
        const { model, resumable } = checked(unifiedEvents.start, json(data));
        into.start({ resumable: resumable ?? false, ...(model === undefined ? {} : { model }) });
        break;
      }
      case "tool":
        into.part({ kind: "tool", ...checked(unifiedEvents.tool, json(data)) });
        break;
      case "usage":
        into.usage(checked(unifiedEvents.usage, json(data)));
        break;
      case "done": {
        const { finishReason, usage } = checked(unifiedEvents.done, json(data));
        if (usage !== undefined) into.usage(usage);
        into.end({ kind: "done", ...(finishReason === undefined ? {} : { finishReason }) });
        break;
      }
      case "error":
        into.end(endOfSaidError(data));
        break;
      default:
    }
    into.eventId(id);
  }

  endOfStream(): undefined {
    return undefined;
  }
}

/** `{text}` of the hot path: one string, checked by hand because a schema would cost more than the parse. */
function textIn(data: string): string {
  const event = json(data);
  if (typeof event === "object" && event !== null && "text" in event && typeof event.text === "string")
    return event.text;
  throw malformed();
}
