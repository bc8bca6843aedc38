/**
 * Starts a real nginx or Caddy with a given configuration, where one is installed. The processes listen on loopback and keep
 * their files in a folder of their own. Used by the tests in `tests/nginx`.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";

export interface OwnProxy {
  readonly port: number;
  stop(): Promise<void>;
}

export function isInstalled(program: "nginx" | "caddy"): boolean {
  return spawnSync(program, [program === "nginx" ? "-v" : "version"], { stdio: "ignore" }).status === 0;
}

/** @param server `server` blocks; given the port */
export function startNginx(server: (port: number) => string): Promise<OwnProxy> {
  return startProxy(async (folder, port) => {
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    const file = join(folder, "nginx.conf");
    const http = ["access_log off;", ...temporary, server(port)].join("\n");
    await writeFile(file, `pid ${folder}/pid;\nerror_log stderr;\nevents {}\nhttp {\n${http}\n}\n`);
    return ["nginx", ["-p", folder, "-c", file, "-g", "daemon off;"]];
  });
}

/** @param sites site blocks for plain HTTP on its usual port */
export function startCaddy(sites: string): Promise<OwnProxy> {
  return startProxy(async (folder, port) => {
    const file = join(folder, "Caddyfile");
    const global = `{\n\tadmin off\n\tauto_https off\n\thttp_port ${port}\n\tstorage file_system ${folder}\n}\n`;
    await writeFile(file, `${global}${sites}\n`);
    return ["caddy", ["run", "--config", file, "--adapter", "caddyfile"]];
  });
}

async function startProxy(
  prepare: (folder: string, port: number) => Promise<[command: string, args: readonly string[]]>,
): Promise<OwnProxy> {
  const folder = await mkdtemp(join(tmpdir(), "edge-chat-gateway-proxy-"));
  // nginx gives its workers another user where it is started by root.
  await chmod(folder, 0o755);
  const port = await freePort();
  const [command, args] = await prepare(folder, port);
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
  const child = spawn(command, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  child.stderr.on("data", (data: Buffer) => {
    output += data;
  });
  const exited = once(child, "exit");
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}:\n${output}`);
  }
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  return { port, stop };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => setTimeout(() => resolve(false), 20));
  });
}
