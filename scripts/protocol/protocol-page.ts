/**
 * Reads docs/protocol.md for the generated documents: the prose of a section, and what a table of fields says about each. So
 * the words exist once.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../package/entries.ts";

export interface FrameProse {
  /** The section's first paragraph. */
  readonly summary: string;
  /** By field: what the table says. */
  readonly fields: ReadonlyMap<string, string>;
}

const page = readFileSync(join(root, "docs/protocol.md"), "utf8");

/** A section with its heading, up to the next heading of its level or above. Throws where there is none. */
export function section(title: string): string {
  const start = new RegExp(`^(##+) ${escaped(title)}$`, "m").exec(page);
  if (start === null) throw new Error(`docs/protocol.md has no section "${title}".`);
  const rest = page.slice(start.index + start[0].length);
  const end = new RegExp(`^#{1,${start[1]?.length ?? 2}} `, "m").exec(rest);
  return plain(start[0] + rest.slice(0, end?.index)).trim();
}

/** What the page says about a frame. Both directions have their own headings, and no frame type is in both. */
export function proseOf(frameType: string): FrameProse {
  const text = section(`\`${frameType}\``);
  const [, summary = ""] = /^##+ .+\n+([^|`\n{][^\n]*)/.exec(text) ?? [];
  const rows = text.matchAll(/^\| `([\w-]+)\??` \| [^|]* \| (.+) \|$/gm);
  return { summary, fields: new Map(Array.from(rows, ([, field = "", meaning = ""]) => [field, meaning])) };
}

/** Links lead nowhere in a document of its own. */
function plain(text: string): string {
  return text.replaceAll(/\[([^\]]+)\]\((?!https:)[^)]+\)/g, "$1");
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
