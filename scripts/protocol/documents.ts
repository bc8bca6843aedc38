/**
 * The protocol as documents for machines, in `docs/schema/`: generated, and part of the package. `npm run protocol` writes them,
 * `npm run check` compares.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readManifest, root } from "../package/entries.ts";
import { asyncApi } from "./asyncapi.ts";
import { backendOpenApi } from "./backend-openapi.ts";
import { frameDocument } from "./frame-schemas.ts";
import { openApi } from "./openapi.ts";

export const schemaFolder = join(root, "docs/schema");

async function documents(): Promise<ReadonlyMap<string, string>> {
  const { version } = await readManifest();
  const made = {
    "client-frames.schema.json": frameDocument("client"),
    "server-frames.schema.json": frameDocument("server"),
    "asyncapi.json": asyncApi(version),
    "openapi.json": openApi(version),
    "openapi-backend.json": backendOpenApi(version),
  };
  return new Map(Object.entries(made).map(([name, content]) => [name, `${JSON.stringify(content, undefined, 2)}\n`]));
}

export async function writeProtocolDocuments(): Promise<void> {
  await rm(schemaFolder, { recursive: true, force: true });
  await mkdir(schemaFolder, { recursive: true });
  for (const [name, text] of await documents()) await writeFile(join(schemaFolder, name), text);
}

/** The documents that differ from what would be generated now; undefined where none does. */
export async function protocolDifference(): Promise<string | undefined> {
  const made = await documents();
  const written = await readdir(schemaFolder).catch(() => []);
  const names = [...new Set([...made.keys(), ...written])].sort();
  const differing: string[] = [];
  for (const name of names) {
    const text = await readFile(join(schemaFolder, name), "utf8").catch(() => undefined);
    if (text !== made.get(name)) differing.push(`docs/schema/${name}`);
  }
  return differing.length === 0 ? undefined : `${differing.join(", ")} must be generated again.`;
}
