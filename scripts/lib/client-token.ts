// A client's token, signed with the newest key of AUTH_KEYS as an application signs it (docs/security.md, "Tokens of clients"). Used by
// `npm run keys -- token`, for the doctor and for trying a deployment out.
import { createHmac, randomUUID } from "node:crypto";
import type { Ring } from "./key-ring.ts";

export interface TokenOptions {
  /** A room's name, or the start of one with `*`. */
  readonly room: string;
  readonly subject: string;
  readonly now: Date;
  /** Seconds; the gateway accepts an hour at most. */
  readonly lifeSeconds: number;
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A JWT (HS256) with the scopes `read write clear`. @throws Error where the ring is empty. */
export function clientToken(ring: Ring, { room, subject, now, lifeSeconds }: TokenOptions): string {
  const [kid, key] = [...ring].at(-1) ?? [];
  if (kid === undefined || key === undefined) throw new Error("AUTH_KEYS has no key: make one with new");
  const iat = Math.floor(now.getTime() / 1_000);
  const claims = { sub: subject, room, scope: "read write clear", iat, exp: iat + lifeSeconds, jti: randomUUID() };
  const signed = `${encode({ alg: "HS256", typ: "JWT", kid })}.${encode(claims)}`;
  return `${signed}.${createHmac("sha256", Buffer.from(key, "base64url")).update(signed).digest("base64url")}`;
}
