/** Errors over HTTP for clients that show people the body as it is. */
import { errorHeader } from "../../shared/protocol/errors.ts";

/**
 * A refusal as `useChat` shows it: its transport takes the text of the body for the error's message, so that is one
 * sentence. Who asks for JSON gets the problem (RFC 9457), and the code is a header in both.
 */
export async function problemInWords(request: Request, response: Response): Promise<Response> {
  const type = response.headers.get("content-type") ?? "";
  if (!type.startsWith("application/problem+json")) return response;
  const said = (await response.json()) as { readonly title: string; readonly detail?: string; readonly code: string };
  const headers = new Headers(response.headers);
  // A room of another version, during a deploy, may not have said it.
  headers.set(errorHeader, said.code);
  const wantsJson = /\bapplication\/(problem\+)?json\b/.test(request.headers.get("accept") ?? "");
  if (wantsJson) return new Response(JSON.stringify(said), { status: response.status, headers });
  headers.set("content-type", "text/plain; charset=utf-8");
  return new Response(said.detail ?? said.title, { status: response.status, headers });
}
