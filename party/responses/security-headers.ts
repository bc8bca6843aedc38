/**
 * What every answer of the gateway carries, whatever it says: it is data, never a page. OWASP's list for APIs:
 * https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  // Nothing in it is to be run or framed, should a browser be led to show it.
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  // An address may hold a room's name, or a ticket.
  "referrer-policy": "no-referrer",
};
