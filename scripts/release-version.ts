// `npm run release:version`: turns the files of .changeset into the next version and a section of CHANGELOG.md. Changesets doesn't see
// the root of a repository with workspaces as a package, so it runs in a folder that has nothing but the package's name and version.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./lib/run.ts";
import { root } from "./package/entries.ts";
import { nextVersion } from "./package/next-version.ts";

const pending = (await readdir(join(root, ".changeset"))).filter(
  (name) => name.endsWith(".md") && name !== "README.md",
);
if (pending.length === 0) {
  console.log("There is no file in .changeset: nothing to release.");
} else {
  const folder = await mkdtemp(join(tmpdir(), "edge-chat-gateway-release-"));
  try {
    await cp(join(root, ".changeset"), join(folder, ".changeset"), { recursive: true });
    const released = await nextVersion(root, folder);
    const manifest = await readFile(join(root, "package.json"), "utf8");
    await writeFile(
      join(root, "package.json"),
      manifest.replace(/"version": "[^"]+"/, `"version": "${released.version}"`),
    );
    const log = await readFile(join(root, "CHANGELOG.md"), "utf8");
    await writeFile(join(root, "CHANGELOG.md"), log.replace(/^## /m, `${released.section}\n\n## `));
    await Promise.all(pending.map((name) => rm(join(root, ".changeset", name))));
    await run("npm", ["run", "--silent", "lock"]);
    await run("npm", ["run", "--silent", "protocol"]);
    console.log(`Version ${released.version}. Read CHANGELOG.md, then commit.`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
