/** The next version and its section of the changelog, made by changesets from the files of `.changeset`. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../../scripts/package/entries.ts";
import { nextVersion } from "../../../scripts/package/next-version.ts";

test("[C5] a minor and a patch change make the next minor version and a section that names both", async () => {
  const folder = await mkdtemp(join(tmpdir(), "edge-chat-gateway-release-"));
  try {
    await mkdir(join(folder, ".changeset"));
    await cp(join(root, ".changeset/config.json"), join(folder, ".changeset/config.json"));
    const change = (bump: string, text: string) => `---\n"edge-chat-gateway": ${bump}\n---\n\n${text}\n`;
    await writeFile(join(folder, ".changeset/one.md"), change("minor", "Something new."));
    await writeFile(join(folder, ".changeset/two.md"), change("patch", "Something mended."));
    const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
    const [major, minor] = version.split(".").map(Number);
    const next = `${major}.${(minor ?? 0) + 1}.0`;
    expect(await nextVersion(root, folder)).toEqual({
      version: next,
      section: `## [${next}]\n\n### Minor Changes\n\n- Something new.\n\n### Patch Changes\n\n- Something mended.`,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
