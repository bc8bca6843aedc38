/**
 * Under which keys the requests of an address are counted (S2). An IPv4 address is counted by itself, an IPv6 address by
 * its /64, which is what one household or host gets. Because a /64 is easily had by the thousand, the /48 around it is
 * counted too, with a larger limit. This file only reads addresses; `ip-rate-limit.ts` counts.
 */

/** How many times the limit of one address a whole IPv6 /48 has. A mobile network puts many subscribers into one /48. */
export const networkShare = 16;

export interface IpKeys {
  /** The address, or the /64 of an IPv6 address. */
  readonly address: string;
  /** The /48 of an IPv6 address. */
  readonly network?: string;
}

/** Undefined for loopback, which is never counted. */
export function ipKeysOf(address: string): IpKeys | undefined {
  if (!address.includes(":")) return keysOfIpv4(address);
  const groups = groupsOf(address);
  const [, , , , , fifth, sixth = 0, seventh = 0] = groups;
  if (groups.slice(0, 5).every((group) => group === 0) && fifth === 0xffff) {
    return keysOfIpv4([sixth >> 8, sixth & 255, seventh >> 8, seventh & 255].join("."));
  }
  if (groups.slice(0, 7).every((group) => group === 0) && seventh === 1) return undefined;
  const prefix = groups.map((group) => group.toString(16));
  return { address: `${prefix.slice(0, 4).join(":")}::/64`, network: `${prefix.slice(0, 3).join(":")}::/48` };
}

/** The key of the address alone. */
export function ipKey(address: string): string | undefined {
  return ipKeysOf(address)?.address;
}

function keysOfIpv4(address: string): IpKeys | undefined {
  return /^127\./.test(address) ? undefined : { address };
}

/** The eight groups of an IPv6 address; the last two may be written as an IPv4 address. */
function groupsOf(address: string): readonly number[] {
  const [head = "", tail] = address.split("::");
  const before = parsedGroups(head);
  const after = tail === undefined ? [] : parsedGroups(tail);
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => 0);
  return [...before, ...zeros, ...after].slice(0, 8);
}

function parsedGroups(text: string): readonly number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    const bytes = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(group)?.slice(1).map(Number);
    if (bytes === undefined) return [Number.parseInt(group, 16) || 0];
    const [a = 0, b = 0, c = 0, d = 0] = bytes;
    return [((a & 255) << 8) | (b & 255), ((c & 255) << 8) | (d & 255)];
  });
}
