/**
 * How many bytes a JSON value may take in a Durable Object's storage, which serializes it as a structured clone: two bytes a
 * unit for a string with one character outside Latin-1, nine for a number that isn't a small integer. An upper bound, so that
 * no host's encoding makes a row larger than it may be.
 */

/** A tag, a length and a terminator around a string, an array or an object. */
const headBytes = 12;
const numberBytes = 10;
/** The key of an array's item in the sparse encoding. */
const indexBytes = 6;

export function storedBytes(value: unknown): number {
  switch (typeof value) {
    case "string":
      return headBytes + 2 * value.length;
    case "number":
      return numberBytes;
    case "object": {
      if (value === null) return 1;
      let bytes = headBytes;
      if (Array.isArray(value)) for (const item of value) bytes += indexBytes + storedBytes(item);
      else for (const [key, item] of Object.entries(value)) bytes += storedBytes(key) + storedBytes(item);
      return bytes;
    }
    default:
      return 1;
  }
}
