/** The settings that say how a turn becomes an HTTP request to the backend. `party/config/upstream-settings.ts` parses them. */
import type { AdapterName } from "./names.ts";

/** JSON whose strings may hold placeholders. */
export type JsonTemplate =
  | string
  | number
  | boolean
  | null
  | readonly JsonTemplate[]
  | { readonly [key: string]: JsonTemplate };

export interface StopRoute {
  readonly method: "DELETE" | "POST";
  /** May hold placeholders, `{generation}` among them. */
  readonly path: string;
}

export interface RequestSetting {
  readonly adapter: AdapterName;
  /** `auto`: POST, and GET once where the backend answers 404 or 405. */
  readonly method: "auto" | "POST" | "GET";
  /** Begins with a slash. May hold placeholders and a query. */
  readonly path: string;
  /** Undefined: the backend has no route to stop a generation. */
  readonly stop: StopRoute | undefined;
  /** Sent with every call. Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The provider that a question gets that names none. `auto`: `openai` on a GET, none on a POST. `backend`: none. */
  readonly provider: string;
  /** The model that a question gets that names none. */
  readonly model: string | undefined;
  /** Query parameters of the `template` adapter. */
  readonly query: readonly (readonly [name: string, template: string])[];
  /** Body of the `template` adapter; undefined where it has none. */
  readonly body: JsonTemplate | undefined;
}
