/** The headers of a call to the backend that show it is ours. What makes them loads only where it is set up. */

import { UpstreamFailure } from "../../core/ports.ts";
import { systemClock } from "../../platform/clock.ts";
import { audit } from "../audit-log.ts";
import type { UpstreamAuthSetting } from "./upstream-auth-settings.ts";
import type { SignedRequest, UpstreamClaims } from "./upstream-token.ts";

/** Rejects where no token can be had: a call without one would only be refused. */
export async function authorizeUpstream(
  setting: UpstreamAuthSetting,
  claims: UpstreamClaims,
  request: SignedRequest,
  callerToken: string | undefined,
): Promise<Readonly<Record<string, string>>> {
  if (setting.mode === "none") return {};
  if (setting.mode === "forward") {
    // After a restart the token is gone, and a call without it would be made as nobody.
    if (callerToken === undefined)
      throw new UpstreamFailure("upstream-token-lost", false, { cause: "no caller token" });
    return { authorization: `Bearer ${callerToken}` };
  }
  const { UpstreamAuth } = await import("./upstream-auth.ts");
  const auth = new UpstreamAuth({
    setting,
    fetch: (url, init) => fetch(url, init),
    clock: systemClock,
    report: (event) => audit("gateway", event),
  });
  return auth.headers(claims, request);
}
