/** The settings of a backend for unit tests, parsed as the gateway parses them. */
import { parseUpstream, type UpstreamVariables } from "../../../party/config/upstream-settings.ts";
import type { UpstreamSetting } from "../../../party/upstream/upstream-setting.ts";

/** @throws the parser's sentence. */
export function upstreamSetting(variables: UpstreamVariables = {}): UpstreamSetting {
  const parsed = parseUpstream({ NEST_BASE: "http://backend.internal", ALLOW_HTTP: "yes", ...variables });
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
