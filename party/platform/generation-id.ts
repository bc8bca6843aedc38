/** The id under which the upstream knows a turn. A digest, so that ids which clients choose never collide across rooms or tenants. */
import { toBase64Url } from "./base64url.ts";

/** The first 32 characters of base64url(SHA-256(tenant, room, epoch, turn)). */
export async function generationIdOf(tenant: string, room: string, epoch: string, turnId: string): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify([tenant, room, epoch, turnId]));
  return toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", text))).slice(0, 32);
}
