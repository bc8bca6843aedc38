// The value of AUTH_KEYS or UPSTREAM_SIGNING_KEYS, and what happens to it when keys change. Both are JSON of kid and 32 random bytes
// as base64url: an HS256 secret, or the seed of an Ed25519 key.
import { randomBytes } from "node:crypto";

export const ringNames = ["AUTH_KEYS", "UPSTREAM_SIGNING_KEYS"] as const;
export type RingName = (typeof ringNames)[number];

/** Keys by kid, in their order: of UPSTREAM_SIGNING_KEYS the first one signs. */
export type Ring = ReadonlyMap<string, string>;

export interface Change {
  readonly ring: Ring;
  /** What to do with it, and what is good until when; holds no key. */
  readonly advice: readonly string[];
}

/** Tokens of clients live an hour at most; ours for the backend a minute, and it may have read the key set ten minutes ago. */
const lastTokenMs: Readonly<Record<RingName, number>> = { AUTH_KEYS: 3_600_000, UPSTREAM_SIGNING_KEYS: 660_000 };
const kidPattern = /^[A-Za-z0-9_.:-]{1,128}$/;

/** @throws Error with a sentence that quotes no key. */
export function parseRing(text: string): Ring {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error("the present value is not JSON: give what the last command printed");
  }
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new Error("the present value is not an object of kid and key");
  const ring = new Map<string, string>();
  for (const [kid, key] of Object.entries(json)) {
    if (typeof key !== "string" || !/^[A-Za-z0-9_-]{43,}$/.test(key))
      throw new Error(`the key of ${kid} is not base64url of 32 bytes`);
    ring.set(kid, key);
  }
  return ring;
}

export function printRing(ring: Ring): string {
  return JSON.stringify(Object.fromEntries(ring));
}

export function newRing(name: RingName, now: Date, kid = newKid(now)): Change {
  const ring = new Map([[checked(kid), newKey()]]);
  return { ring, advice: [...putIt(name), `${kid} is good until you retire it.`, ...tellTheOtherSide(name, kid)] };
}

/** Adds a key; the others stay good. */
export function rotateRing(name: RingName, ring: Ring, now: Date, kid = newKid(now)): Change {
  if (ring.size === 0) throw new Error("there is no key to rotate: use new");
  if (ring.has(checked(kid))) throw new Error(`there is a key ${kid} already`);
  const fresh: [string, string] = [kid, newKey()];
  const next = new Map(name === "AUTH_KEYS" ? [...ring, fresh] : [fresh, ...ring]);
  const old = [...ring.keys()].join(", ");
  const retireAt =
    name === "AUTH_KEYS"
      ? "retire each an hour after your application signed its last token with it"
      : `retire them after ${new Date(now.getTime() + lastTokenMs[name]).toISOString()}, counted from now`;
  return {
    ring: next,
    advice: [...putIt(name), ...tellTheOtherSide(name, kid), `${old} stays good; ${retireAt}.`],
  };
}

/** Takes a key away: what it signed is refused from the next deploy on. */
export function retireRing(name: RingName, ring: Ring, kid: string): Change {
  if (!ring.has(kid)) throw new Error(`there is no key ${kid}; there are: ${[...ring.keys()].join(", ")}`);
  if (ring.size === 1) throw new Error(`${kid} is the only key: rotate first, or everybody is locked out`);
  const next = new Map([...ring].filter(([other]) => other !== kid));
  const left = [...next.keys()].join(", ");
  const who = name === "AUTH_KEYS" ? "Tokens" : "Calls";
  return { ring: next, advice: [...putIt(name), `${who} signed with ${kid} are refused from then on; good: ${left}.`] };
}

export function listRing(name: RingName, ring: Ring): string[] {
  return [...ring.keys()].map(
    (kid, index) => `${kid}  ${name === "UPSTREAM_SIGNING_KEYS" ? (index === 0 ? "signs" : "published") : "accepted"}`,
  );
}

function putIt(name: RingName): string[] {
  return [
    `The line on standard output is the whole new value. Put it there with:  npx wrangler secret put ${name}`,
    "Keep a copy where you keep secrets: Cloudflare does not show it again, and the next change starts from it.",
  ];
}

function tellTheOtherSide(name: RingName, kid: string): string[] {
  return name === "AUTH_KEYS"
    ? [`Let your application sign with ${kid} (its header's kid) after the gateway has it, not before.`]
    : [`The gateway signs with ${kid} as soon as it has it; backends find it at /.well-known/jwks.json.`];
}

function newKid(now: Date): string {
  return `${now.toISOString().slice(0, 10)}-${randomBytes(2).toString("hex")}`;
}

function newKey(): string {
  return randomBytes(32).toString("base64url");
}

function checked(kid: string): string {
  if (!kidPattern.test(kid)) throw new Error("a kid is 1–128 of A–Z a–z 0–9 _ . : -");
  return kid;
}
