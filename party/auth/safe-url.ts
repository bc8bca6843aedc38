/**
 * Decides which addresses the gateway's settings may name: https, and http on loopback. `ALLOW_HTTP=yes` is for a private network.
 * Used by the parsers of settings and of a tenant's entry. The reference backend has the same rule of its own.
 */
import { isLoopback } from "../../shared/file-address.ts";
import { fail, ok, type Result } from "../../shared/result.ts";

type Text = (name: string) => string | undefined;

/** Checked for itself, so that a typo is found where no setting needs it yet. */
export function parseAllowHttp(text: Text): Result<boolean, string> {
  const allow = text("ALLOW_HTTP") ?? "no";
  if (allow === "yes" || allow === "no") return ok(allow === "yes");
  return fail("ALLOW_HTTP is yes or no, for example ALLOW_HTTP=yes on a private network.");
}

/**
 * The URL of a setting as it was written, without the blanks around it. What a call over http carries (questions, answers, tokens
 * and keys) can be read and changed by everybody on the way, and on loopback nobody is.
 * @param example a value that would be accepted.
 */
export function parseSafeUrl(name: string, text: Text, example: string): Result<string, string> {
  const url = (text(name) ?? "").trim();
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    return fail(`${name} is missing or isn't an http(s) URL, for example ${name}=${example}.`);
  }
  const { protocol, hostname } = new URL(url);
  if (protocol === "https:" || isLoopback(hostname) || text("ALLOW_HTTP") === "yes") return ok(url);
  return fail(
    `${name} is an http URL beyond loopback, which anybody on the way can read and change. Use https, for example ${name}=${example}, or set ALLOW_HTTP=yes if the network is private.`,
  );
}
