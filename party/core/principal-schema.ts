/** Who a session or a request acts for, as it is stored with sockets and tickets and told from the Worker to a room. */
import * as z from "zod/mini";
import { ALL_SCOPES } from "./scopes.ts";

export const principalSchema = z.object({
  sub: z.string(),
  tenant: z.string(),
  // Stored with a socket before there were scopes, when everybody was anonymous and allowed everything.
  scopes: z._default(z.readonly(z.array(z.enum(ALL_SCOPES))), [...ALL_SCOPES]),
  expiresAt: z.exactOptional(z.number()),
  issuedAt: z.exactOptional(z.number()),
  tokenId: z.exactOptional(z.string()),
});

/**
 * Who a session acts for. `expiresAt`: when the token runs out, ms since 1970; absent where there is none to run out.
 * `issuedAt` and `tokenId` are what a revocation names.
 */
export type Principal = z.infer<typeof principalSchema>;
