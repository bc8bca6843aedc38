/** FNV-1a, 32 bits: spreads names evenly over shards and samples, and needs no await. Not cryptographic. */
export function hash(text: string): number {
  let value = 0x81_1c_9d_c5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01_00_01_93) >>> 0;
  }
  return value;
}
