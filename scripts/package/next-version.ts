/** Asks changesets for the next version, in a folder that holds only the files of `.changeset`. */
import { execFile } from "node:child_process";
import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const call = promisify(execFile);

export interface NextVersion {
  readonly version: string;
  /** The new section of the changelog, with its heading. */
  readonly section: string;
}

/** @param root of the repository. @param folder an empty one but for `.changeset`. */
export async function nextVersion(root: string, folder: string): Promise<NextVersion> {
  const { name, version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Record<string, string>;
  await writeFile(join(folder, "package.json"), JSON.stringify({ name, version }));
  await writeFile(
    join(folder, "package-lock.json"),
    JSON.stringify({ name, version, lockfileVersion: 3, packages: {} }),
  );
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, ".gitignore"), "node_modules\n");
  const git = (...args: string[]) =>
    call("git", ["-c", "user.name=release", "-c", "user.email=release@localhost", ...args], { cwd: folder });
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "release");
  await call(process.execPath, [join(root, "node_modules/@changesets/cli/bin.js"), "version"], { cwd: folder });
  const next = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { readonly version: string };
  const log = await readFile(join(folder, "CHANGELOG.md"), "utf8");
  // The ids of commits are those of this folder, which nobody else has.
  const section = log
    .replace(/^# .*\n+/, "")
    .replaceAll(/^- [0-9a-f]{7}: /gm, "- ")
    .trim();
  return { version: next.version, section: section.replace(/^## (\S+)/, "## [$1]") };
}
