/** The verified user of a session or a request, as it is stored with sockets and tickets and sent from the Worker to a room. */
import * as z from "zod/mini";
import { ALL_SCOPES } from "./scopes.ts";

export const principalSchema = z.object({
  sub: z.string(),
  tenant: z.string(),
  // Absent in values of a version without scopes, in which every user was anonymous and might do everything.
  scopes: z._default(z.readonly(z.array(z.enum(ALL_SCOPES))), [...ALL_SCOPES]),
  expiresAt: z.exactOptional(z.number()),
  issuedAt: z.exactOptional(z.number()),
  tokenId: z.exactOptional(z.string()),
});

/**
 * A verified user. `expiresAt`: when the token expires, ms since 1970; absent without a token. A revocation names `issuedAt` and
 * `tokenId`.
 */
export type Principal = z.infer<typeof principalSchema>;
