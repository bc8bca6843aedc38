/** `GET /.well-known/jwks.json`: the public keys by which the backend knows this gateway's tokens (RFC 7517). */
import { publicKeys } from "../auth/upstream-auth/upstream-auth.ts";
import type { GatewayConfig } from "../config/settings.ts";

export async function routeJwks(config: GatewayConfig): Promise<Response> {
  const headers = {
    "content-type": "application/jwk-set+json",
    // A backend that meets a kid it does not know asks again by itself.
    "cache-control": "public, max-age=300",
  };
  return new Response(JSON.stringify({ keys: await publicKeys(config.upstreamAuth) }), { headers });
}
