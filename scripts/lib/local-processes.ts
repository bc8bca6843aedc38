// The parts of the project as `npm start` runs them, for everyone who needs them running: `npm start` itself, the end-to-end tests,
// the measurements. They listen on 127.0.0.1 only and call nobody but each other.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { builtWorkerConfig } from "./built-worker.ts";
import { type Part, startPart } from "./local-process.ts";

const root = join(import.meta.dirname, "../..");

interface Common {
  /** 0 or absent: any free port. */
  readonly port?: number | undefined;
  /** Every line the part prints. */
  readonly onLine?: ((line: string) => void) | undefined;
}

export interface BackendOptions extends Common {
  /** Its settings: PROVIDER, HOLD_MS and so on. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface GatewayOptions extends Common {
  readonly backendUrl: string;
  /** Worker settings beside NEST_BASE. AUTH is `none` unless set here: this gateway is reachable from this machine only. */
  readonly vars?: Readonly<Record<string, string>>;
  /** Where rooms are kept. Default: .wrangler/state, kept between runs. */
  readonly persistTo?: string | undefined;
}

/** The NestJS backend. Its build must exist: see build.ts. */
export function startBackend({ port = 0, env = {}, onLine }: BackendOptions = {}): Promise<Part> {
  return startPart({
    name: "backend",
    command: process.execPath,
    args: [join(root, "examples/nest-gateway/dist/main.js")],
    env: { ...env, PORT: String(port), HOST: "127.0.0.1" },
    ready: /backend listening on (http:\/\/\S+?)\/?$/,
    onLine,
  });
}

/** The gateway on its production runtime, with the page. */
export function startGateway({ backendUrl, vars = {}, ...options }: GatewayOptions): Promise<Part> {
  return startWorker({ ...options, name: "gateway", vars: { AUTH: "none", NEST_BASE: backendUrl, ...vars } });
}

export interface WorkerOptions extends Common {
  readonly name: string;
  readonly vars?: Readonly<Record<string, string>>;
  readonly persistTo?: string | undefined;
  /** Another Worker's wrangler.jsonc; the gateway's where left out. */
  readonly config?: string | undefined;
}

/** A Worker as `wrangler dev` runs it. */
export function startWorker(options: WorkerOptions): Promise<Part> {
  const { name, port = 0, vars = {}, persistTo, config = builtWorkerConfig(), onLine } = options;
  return startPart({
    name,
    command: process.execPath,
    args: [
      join(root, "node_modules/wrangler/bin/wrangler.js"),
      ...["dev", "--local", "--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0"],
      "--show-interactive-dev-session=false",
      ...(config === undefined ? [] : ["--config", config]),
      ...(persistTo === undefined ? [] : ["--persist-to", persistTo]),
      ...Object.entries(vars).flatMap(([variable, value]) => ["--var", `${variable}:${value}`]),
    ],
    env: {
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_SEND_ERROR_REPORTS: "false",
      WRANGLER_HIDE_BANNER: "true", // And with it the look-up of a newer version.
      WRANGLER_WRITE_LOGS: "false",
    },
    ready: /Ready on (http:\/\/\S+?)\/?$/,
    onLine,
  });
}

export interface PartykitOptions extends Common {
  readonly backendUrl: string;
  readonly vars?: Readonly<Record<string, string>>;
  readonly persistTo?: string | undefined;
}

/** The same room on PartyKit's local runtime. */
export async function startPartykit(options: PartykitOptions): Promise<Part> {
  const { port = 0, backendUrl, vars = {}, persistTo, onLine } = options;
  // `partykit dev` reads the folder of the page at start, built or not.
  await mkdir(join(root, "dist/page"), { recursive: true });
  return startPart({
    name: "gateway",
    command: process.execPath,
    args: [
      ...["--import", join(import.meta.dirname, "partykit-loopback.ts")],
      join(root, "node_modules/partykit/dist/bin.mjs"),
      ...["dev", "--disable-request-cf-fetch", "--no-hotkeys", "--port", String(port)],
      ...(persistTo === undefined ? [] : ["--persist", persistTo]),
      "--var",
      ...Object.entries({ AUTH: "none", NEST_BASE: backendUrl, ...vars }).map(([name, value]) => `${name}=${value}`),
    ],
    env: { NO_UPDATE_NOTIFIER: "1" },
    // It says 0.0.0.0 first, then every address of the machine; partykit-loopback.ts leaves it this one.
    ready: /- (http:\/\/127\.0\.0\.1:\d+)/,
    onLine,
  });
}

export interface Stack {
  readonly backend: Part;
  readonly gateway: Part;
  /** Where a browser goes: the gateway serves the page. */
  readonly url: string;
  stop(): Promise<void>;
}

export interface StackOptions {
  readonly backend?: BackendOptions;
  readonly gateway?: Omit<GatewayOptions, "backendUrl">;
}

/** Backend and gateway together; on failure neither is left running. */
export async function startStack({
  backend: backendOptions,
  gateway: gatewayOptions,
}: StackOptions = {}): Promise<Stack> {
  const backend = await startBackend(backendOptions);
  try {
    const gateway = await startGateway({ ...gatewayOptions, backendUrl: backend.url });
    const stop = async () => {
      await Promise.all([gateway.stop(), backend.stop()]);
    };
    return { backend, gateway, url: gateway.url, stop };
  } catch (error) {
    await backend.stop();
    throw error;
  }
}
