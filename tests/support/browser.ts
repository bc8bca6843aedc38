// A real Chromium from npm, for tests that must see what a user sees. Nothing but npm packages is needed: the browser, its fonts and
// the few shared libraries it wants are unpacked from @sparticuz/chromium once per version. What a test does with a page is its own.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";

const root = join(import.meta.dirname, "../..");

/** Flags of the package that fit a function host but change what a page may do, or make a second page or context crash the browser. */
const unwanted = new Set([
  "--single-process",
  "--no-zygote",
  "--in-process-gpu",
  "--disable-web-security",
  "--allow-running-insecure-content",
]);

/** Quiet: a test browser calls nobody but the page under test. */
const quiet = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts Chromium. The caller closes it. @param flags of one test, such as names that it resolves */
export async function launchBrowser(flags: readonly string[] = []): Promise<Browser> {
  const home = await unpackedChromium();
  return playwright.launch({
    executablePath: join(home, "chromium"),
    args: [...chromium.args.filter((flag) => !unwanted.has(flag)), ...quiet, ...flags],
    headless: true,
    env: {
      ...process.env,
      // The bundled libraries come first, so that a machine with none of its own runs what every other machine runs.
      LD_LIBRARY_PATH: [join(home, "al2023/lib"), process.env["LD_LIBRARY_PATH"]].filter(Boolean).join(":"),
      FONTCONFIG_FILE: join(home, "fonts.conf"),
    },
  });
}

/** The folder the browser was unpacked into; unpacks it when it is not there. */
async function unpackedChromium(): Promise<string> {
  const manifest = join(root, "node_modules/@sparticuz/chromium/package.json");
  const { version } = JSON.parse(await readFile(manifest, "utf8")) as { version: string };
  const cache = join(root, "node_modules/.cache/chromium");
  const home = join(cache, version);
  if (await exists(home)) return home;

  // Unpacked beside its place and renamed: two runs at once, or one that is killed half way, leave no half browser behind.
  await mkdir(cache, { recursive: true });
  const half = await mkdtemp(join(cache, "half-"));
  await unpackInto(half);
  await writeFile(join(half, "fonts.conf"), fontsConf(join(home, "fonts")));
  try {
    await rename(half, home);
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    if (!(await exists(home))) throw error;
  }
  return home;
}

/** The package's own list of font folders names fixed paths outside this one. The machine's fonts come first: they know more scripts. */
function fontsConf(bundled: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>/usr/local/share/fonts</dir>
  <dir>${bundled}</dir>
  <cachedir>${bundled}-cache</cachedir>
  <include ignore_missing="yes">/etc/fonts/conf.d</include>
</fontconfig>
`;
}

/**
 * The package takes its target folder and its choice of libraries from the environment alone; a process of its own has one,
 * while this one's is also that of everything a test starts meanwhile.
 */
async function unpackInto(folder: string): Promise<void> {
  const script = 'import chromium from "@sparticuz/chromium"; await chromium.executablePath();';
  const env = { ...process.env, TMPDIR: folder, AWS_LAMBDA_JS_RUNTIME: "nodejs24.x" };
  await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { cwd: root, env });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
