/**
 * What every answer of the gateway carries, whatever it says: it is data, never a page. OWASP's list for APIs:
 * https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers
 */
const headers: Readonly<Record<string, string>> = {
  // Nothing in it is to be run or framed, should a browser be led to show it.
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  // An address may hold a room's name, or a ticket.
  "referrer-policy": "no-referrer",
};

/** A WebSocket's answer stays as it is: browsers show none of it. */
export function withSecurityHeaders(response: Response): Response {
  if (response.status === 101) return response;
  const secured = new Response(response.body, response);
  for (const [name, value] of Object.entries(headers)) secured.headers.set(name, value);
  return secured;
}
