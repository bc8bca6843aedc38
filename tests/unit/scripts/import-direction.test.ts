/** Checks that `npm run check` refuses imports that form a circle or point against the direction in docs/architecture.md. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");
/** Each file imports one other file. The first two form a circle of values, the next two a circle of types. */
const planted = {
  "party/core/turn/circle-a.ts": "./circle-b.ts",
  "party/core/turn/circle-b.ts": "./circle-a.ts",
  "client/chat/type-circle-a.ts": "type ./type-circle-b.ts",
  "client/chat/type-circle-b.ts": "type ./type-circle-a.ts",
  "shared/protocol/to-party.ts": "../../party/core/ports.ts",
  "client/api/to-party.ts": "../../party/core/ports.ts",
  "party/core/limiter/to-platform.ts": "../../platform/clock.ts",
  "party/core/log/to-room.ts": "../room/room.ts",
  "party/core/sync/to-conversation.ts": "../conversation/conversation.ts",
  "party/core/turn/attempts/to-conversation.ts": "../../conversation/commit.ts",
  "party/responses/to-http.ts": "../http/router.ts",
  "party/auth/to-config.ts": "../config/settings.ts",
  "party/objects/to-http.ts": "../http/router.ts",
  "party/http/to-worker.ts": "../worker.ts",
  "party/http/to-server.ts": "../server.ts",
  "party/hooks/to-auth.ts": "../auth/authorize.ts",
  "party/telemetry/to-hooks.ts": "../hooks/run-hook.ts",
  "party/bridge/to-edge.ts": "../../edge/serve.ts",
  "edge/to-objects.ts": "../party/objects/chat-room.ts",
  "nestjs/to-client.ts": "../client/index.ts",
  "nestjs/guard/to-party.ts": "../../party/auth/authorize.ts",
  "party/auth/to-nestjs.ts": "../../nestjs/index.ts",
  "client/api/to-nestjs.ts": "../../nestjs/index.ts",
  // These two follow the direction.
  "party/http/to-core.ts": "../core/ports.ts",
  "party/core/room/to-log.ts": "../log/turn-record.ts",
};

let folder: string;
let report: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "import-direction-"));
  // Biome refuses a configuration that names an ignore file where none is.
  await cp(join(root, "biome.json"), join(folder, "biome.json"));
  await writeFile(join(folder, ".gitignore"), "dist\n");
  for (const [path, target] of Object.entries(planted)) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    const [type, specifier] = target.startsWith("type ") ? ["type ", target.slice(5)] : ["", target];
    await writeFile(join(folder, path), `import ${type}{ it } from "${specifier}";\n\nexport ${type}{ it };\n`);
  }
  const biome = join(root, "node_modules/.bin/biome");
  report = await new Promise((resolve) => {
    execFile(
      biome,
      ["lint", "--colors=off", "--max-diagnostics=200", "."],
      { cwd: folder, maxBuffer: 2 ** 24 },
      (_error, stdout, stderr) => resolve(stdout + stderr),
    );
  });
});

afterAll(() => rm(folder, { recursive: true }));

/** The rules that Biome reports for a file. */
function rulesOf(path: string): string[] {
  return [...report.matchAll(/^(\S+):\d+:\d+ lint\/(\S+)/gm)]
    .filter(([, at]) => at === path)
    .map(([, , rule = ""]) => rule);
}

describe("the import rules", () => {
  test.each(["party/core/turn/circle-a.ts", "party/core/turn/circle-b.ts", "client/chat/type-circle-a.ts"])(
    "report the circle that %s is part of",
    (path) => {
      expect(rulesOf(path)).toContain("suspicious/noImportCycles");
    },
  );

  test.each(
    Object.keys(planted).filter(
      (path) => !path.includes("circle") && !path.endsWith("to-core.ts") && !path.endsWith("to-log.ts"),
    ),
  )("report the import in %s, which points back", (path) => {
    expect(rulesOf(path)).toContain("style/noRestrictedImports");
  });

  test.each(["party/http/to-core.ts", "party/core/room/to-log.ts"])("accept the import in %s", (path) => {
    expect(rulesOf(path)).toEqual([]);
  });
});
