/**
 * Which dialect an upstream speaks, and the one that finds out by itself. The first event that tells decides for the whole
 * answer; one that tells nothing (a name or a shape that none of them has) is ignored, and the next is looked at.
 *
 * - named as in the unified contract: `unified`; named `end`: `text`; any other name tells nothing
 * - `[DONE]`, or an object with `choices`, or that is an error: `openai`
 * - an object whose `type` is one of the UI message stream's: `ui-message`
 * - an object with a string under `text`, `content`, `token` or `delta`: `text`; any other object tells nothing
 * - anything else, JSON or not: `text`
 */
import type { EventSourceMessage } from "eventsource-parser";
import { unifiedEvents } from "../../../shared/upstream-contract.ts";
import type { UpstreamEnd } from "../../core/ports.ts";
import type { BatchBuilder } from "../batch-builder.ts";
import { type Dialect, doneData, isObject, jsonOrUndefined, nameOf } from "./dialect.ts";
import type { DialectName } from "./names.ts";
import { OpenAiDialect } from "./openai.ts";
import { saysError } from "./said-error.ts";
import { hasText, TextDialect } from "./text.ts";
import { isUiMessageType, UiMessageDialect } from "./ui-message.ts";
import { UnifiedDialect } from "./unified.ts";

const dialects = {
  unified: UnifiedDialect,
  openai: OpenAiDialect,
  "ui-message": UiMessageDialect,
  text: TextDialect,
} as const;

export type KnownDialect = keyof typeof dialects;

/** A fresh one for one attempt. */
export function dialectFor(name: DialectName): Dialect {
  return name === "auto" ? new AutoDialect() : new dialects[name]();
}

export function dialectOf(event: EventSourceMessage): KnownDialect | undefined {
  const name = nameOf(event);
  if (name !== undefined) return Object.hasOwn(unifiedEvents, name) ? "unified" : name === "end" ? "text" : undefined;
  if (event.data.trim() === doneData) return "openai";
  const value = jsonOrUndefined(event.data);
  if (!isObject(value)) return "text";
  if (value["choices"] !== undefined || saysError(value)) return "openai";
  if (isUiMessageType(value["type"])) return "ui-message";
  return hasText(value) ? "text" : undefined;
}

class AutoDialect implements Dialect {
  #chosen: Dialect | undefined;

  read(event: EventSourceMessage, into: BatchBuilder): void {
    if (this.#chosen === undefined) {
      const name = dialectOf(event);
      if (name === undefined) return;
      this.#chosen = new dialects[name]();
    }
    this.#chosen.read(event, into);
  }

  endOfStream(into: BatchBuilder): UpstreamEnd | undefined {
    return this.#chosen?.endOfStream(into);
  }
}
