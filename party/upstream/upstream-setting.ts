/** Everything the settings say of one backend: its address, how it is asked, and what it streams. */
import type { MappingSettings } from "./dialects/mapping-settings.ts";
import type { DialectName } from "./dialects/names.ts";
import type { RequestSetting } from "./requests/request-setting.ts";

export interface UpstreamSetting {
  /** The backend's base URL, without a trailing slash. */
  readonly base: string;
  readonly request: RequestSetting;
  readonly dialect: DialectName;
  /** Where the parts of an answer are in the backend's events; undefined where the dialect finds them. */
  readonly mapping: MappingSettings | undefined;
}
