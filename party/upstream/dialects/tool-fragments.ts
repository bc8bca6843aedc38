/**
 * Tool calls of chat completions, which come in fragments. A reader is shown a call when it is whole. Fragments are joined by
 * the call's id and by its index only where there is no id: some services number every call 0, repeat the name in each fragment,
 * or make up an id for each.
 */
import { UpstreamFailure } from "../../core/ports.ts";
import type { BatchBuilder } from "../batch-builder.ts";
import { isObject, type JsonObject, jsonOrUndefined, textAt } from "./stream-event.ts";
import { maxToolUnits } from "./tool-steps.ts";

interface Call {
  id: string;
  readonly index: number | undefined;
  name: string;
  args: string;
}

export class ToolFragments {
  #calls: Call[] = [];
  #made = 0;
  #units = 0;

  collect(fragments: unknown): void {
    if (!Array.isArray(fragments)) return;
    for (const fragment of fragments) if (isObject(fragment)) this.#add(fragment);
  }

  flush(into: BatchBuilder): void {
    for (const { id, name, args } of this.#calls) {
      // A model may write arguments that are not JSON; its text is then the value.
      const value = args === "" ? null : (jsonOrUndefined(args) ?? args);
      into.toolCall(id, name, value);
    }
    this.#calls = [];
  }

  #add(fragment: JsonObject): void {
    const fn = isObject(fragment["function"]) ? fragment["function"] : fragment;
    const id = textAt(fragment, "id");
    const name = textAt(fn, "name");
    const written = fn["arguments"];
    const args = typeof written === "string" ? written : isObject(written) ? JSON.stringify(written) : "";
    const index = typeof fragment["index"] === "number" ? fragment["index"] : undefined;
    const call = this.#find(id, index, name, args) ?? this.#begin(id, index);
    if (id !== "" && call.id.startsWith("call-")) call.id = id;
    if (name !== call.name) call.name += name;
    call.args += args;
    this.#units += 1 + name.length + args.length;
    if (this.#units > maxToolUnits) throw new UpstreamFailure("part-too-large", false);
  }

  #find(id: string, index: number | undefined, name: string, args: string): Call | undefined {
    if (id !== "") {
      const known = this.#calls.findLast((call) => call.id === id);
      if (known !== undefined) return known;
      const last = this.#last(index);
      // A new id without a name continues what was begun at this index.
      return last !== undefined && (name === "" || last.name === "") ? last : undefined;
    }
    const last = this.#last(index);
    if (last === undefined || name === "") return last;
    const isWhole = last.args !== "" && jsonOrUndefined(last.args) !== undefined;
    return isWhole && (name !== last.name || args.startsWith("{")) ? undefined : last;
  }

  #last(index: number | undefined): Call | undefined {
    return index === undefined ? this.#calls.at(-1) : this.#calls.findLast((call) => call.index === index);
  }

  #begin(id: string, index: number | undefined): Call {
    const call = { id: id === "" ? `call-${this.#made}` : id, index, name: "", args: "" };
    this.#made += 1;
    this.#calls.push(call);
    return call;
  }
}
