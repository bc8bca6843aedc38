/** What an answer carries whatever it says, written onto it in one go. */

/**
 * A copy of the answer with these as well, because headers of another's answer (an object's, the backend's) are not ours to change.
 * `vary` is added to. The answer that opens a WebSocket stays as it is: browsers show none of it.
 */
export function withHeaders(response: Response, headers: Readonly<Record<string, string>>): Response {
  if (response.status === 101) return response;
  const answer = new Response(response.body, response);
  for (const [name, value] of Object.entries(headers)) {
    if (name === "vary") answer.headers.append(name, value);
    else answer.headers.set(name, value);
  }
  return answer;
}
