/**
 * `node bench/micro/against.ts <commit> [rounds]`: the costs of a token here beside those at an earlier commit, in one run: the steps
 * of `hot-path.ts` in turns, log rows, resume bytes, and the client's size. The smallest time of all rounds is compared, because
 * other programs can only add to it. The earlier commit gets a worktree for the time of the run.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../..");
const [commit, rounds = "3"] = process.argv.slice(2);
if (commit === undefined) throw new Error("Name the commit to compare with: node bench/micro/against.ts <commit>");

const before = join(mkdtempSync(join(tmpdir(), "edge-chat-gateway-before-")), "tree");
execFileSync("git", ["worktree", "add", "--detach", before, commit], { cwd: root, stdio: "ignore" });
try {
  symlinkSync(join(root, "node_modules"), join(before, "node_modules"));
  copyFileSync(join(root, "bench/micro/answer-bytes.ts"), join(before, "bench/micro/answer-bytes.ts"));
  await compare();
} finally {
  execFileSync("git", ["worktree", "remove", "--force", before], { cwd: root });
}

async function compare(): Promise<void> {
  const trees = [before, root] as const;
  const ns = trees.map(() => new Map<string, number>());
  const bytes = trees.map(() => new Map<string, number>());
  for (let round = 0; round < Number(rounds); round += 1) {
    for (const [tree, folder] of trees.entries()) {
      for (const [name, , least, allocated] of tableOf(folder, "hot-path.ts")) {
        // The table of ratios between dialects has one figure a row.
        if (least === undefined || allocated === undefined) continue;
        ns[tree]?.set(name, Math.min(least, ns[tree].get(name) ?? Number.POSITIVE_INFINITY));
        bytes[tree]?.set(name, Math.min(allocated, bytes[tree].get(name) ?? Number.POSITIVE_INFINITY));
      }
    }
  }
  show("ns per token, the smallest", ns);
  show("bytes allocated per token", bytes);
  show(
    "log and resume",
    trees.map((folder) => new Map(tableOf(folder, "answer-bytes.ts").map(([name, figure = 0]) => [name, figure]))),
  );
  const sizes = await Promise.all(trees.map(clientSize));
  show(
    "client",
    sizes.map((size) => new Map([["gzip bytes", size]])),
  );
}

/** The rows of a script's table: a name, then figures. */
function tableOf(folder: string, script: string): [name: string, ...figures: number[]][] {
  const flags = ["--expose-gc", "--max-semi-space-size=512"];
  const output = execFileSync(process.execPath, [...flags, join(folder, "bench/micro", script)], { encoding: "utf8" });
  return output.split("\n").flatMap((line): [string, ...number[]][] => {
    const [, name, figures] = /^(.{36})((?:\s*\d[\d.]*)+)$/.exec(line) ?? [];
    if (name === undefined || figures === undefined) return [];
    return [[name.trim(), ...figures.trim().split(/\s+/).map(Number)]];
  });
}

async function clientSize(folder: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, "client/index.ts")],
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
    external: ["react"],
  });
  return gzipSync(outputFiles[0]?.contents ?? "").length;
}

function show(title: string, [earlier, now]: readonly Map<string, number>[]): void {
  console.log(`\n${title.padEnd(40)}${"before".padStart(12)}${"now".padStart(12)}${"ratio".padStart(8)}`);
  for (const [name, figure] of now ?? []) {
    const then = earlier?.get(name);
    const ratio = then === undefined ? "-" : (figure / then).toFixed(2);
    console.log(
      `${name.padEnd(40)}${(then?.toFixed(1) ?? "-").padStart(12)}${figure.toFixed(1).padStart(12)}${ratio.padStart(8)}`,
    );
  }
}
