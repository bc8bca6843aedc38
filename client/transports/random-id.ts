/**
 * 128 random bits as hex, for turn ids and sockets: they have to be unique, not secret. Not `randomUUID`, which pages served
 * over plain HTTP lack. React Native has no `crypto` of its own, and
 * packages that define one may leave `getRandomValues` out.
 */
export function randomId(): string {
  const bytes = new Uint8Array(16);
  if (typeof crypto === "undefined" || !crypto.getRandomValues)
    bytes.forEach((_, at) => {
      bytes[at] = Math.floor(Math.random() * 256);
    });
  else crypto.getRandomValues(bytes);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
