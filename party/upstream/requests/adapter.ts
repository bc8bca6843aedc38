/**
 * The contract of a request adapter: how the facts of a turn become query and body of one HTTP request. Adapters are pure.
 * `turn-request.ts` chooses one and adds what all of them share: path, provider and model.
 */
import type { UpstreamRequest } from "../../core/ports.ts";
import type { PlaceholderValues } from "./placeholders.ts";
import type { RequestSetting } from "./request-setting.ts";

/** What an adapter may use. Provider and model are already the defaults where the turn names none. */
export interface RequestFacts extends UpstreamRequest {
  readonly room: string;
}

export interface AdapterInput {
  readonly facts: RequestFacts;
  readonly values: PlaceholderValues;
  readonly setting: RequestSetting;
}

export interface RequestAdapter {
  /** What a GET carries, as query parameters. Absent: the format needs a body. */
  readonly toQuery?: (input: AdapterInput) => readonly (readonly [name: string, value: string])[];
  /** The JSON body of a POST. */
  readonly toBody: (input: AdapterInput) => unknown;
}
