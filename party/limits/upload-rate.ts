/**
 * How many uploads one user may begin in a minute, over all rooms: counted by a Limiter object of the user's own, or where it
 * can't be asked, in this isolate. Without tokens an address stands for the user.
 */
import type { Clock } from "../core/ports.ts";
import type { Principal } from "../core/principal.ts";
import { isOneUser } from "../core/room/fair-share.ts";
import { toBase64Url } from "../platform/base64url.ts";
import { withTimeout } from "../platform/with-timeout.ts";
import type { IpMemory } from "./ip-memory.ts";
import type { IpCount } from "./limiter-messages.ts";

const windowMs = 60_000;
/** An upload waits no longer than this to be counted. */
const countTimeoutMs = 1_000;

export interface UploadRateOptions {
  readonly uploadsPerMinute: number;
  /** The Limiter object by name, where there is one. */
  readonly stubOf: ((name: string) => { count(tokens: number, windowMs: number): Promise<IpCount> }) | undefined;
  readonly memory: IpMemory;
  readonly clock: Clock;
  readonly onFault: (cause: unknown) => void;
}

/**
 * Counts an upload. Undefined where it may go on; otherwise the time to wait, in ms.
 * @param address as limits count it; undefined on the developer's own machine, where nothing is counted without tokens.
 */
export async function limitUpload(
  by: Principal,
  address: string | undefined,
  { uploadsPerMinute: tokens, stubOf, memory, clock, onFault }: UploadRateOptions,
): Promise<number | undefined> {
  const key = isOneUser(by) ? `sub/${await digest(`${by.tenant}/${by.sub}`)}` : address && `ip/${address}`;
  if (key === undefined || key === "") return undefined;
  const now = clock.now();
  let count: IpCount | undefined;
  if (stubOf !== undefined && !memory.isAvoided(key, now)) {
    try {
      count = await withTimeout(stubOf(`uploads/${key}`).count(tokens, windowMs), countTimeoutMs, clock);
    } catch (cause) {
      if (memory.failed(key, now)) onFault(cause);
    }
  }
  count ??= memory.count(key, { tokens, windowMs }, now);
  return count.isAllowed ? undefined : count.retryAfterMs;
}

/** An object's name shows nobody's subject. */
async function digest(text: string): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)))).slice(
    0,
    22,
  );
}
