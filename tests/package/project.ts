/** A consumer's project: a copy of the one in which the package is installed, outside of the repository. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { root } from "../../scripts/package/entries.ts";

/** The environment of a command that can reach no registry. */
export function withoutRegistry(): NodeJS.ProcessEnv {
  return { ...process.env, npm_config_registry: "http://127.0.0.1:9", npm_config_update_notifier: "false" };
}

export class Project {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @param installed the folder of `packed.ts`. */
  static async in(installed: string, name: string): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), `edge-chat-gateway-${name}-`)));
    await cp(join(installed, "node_modules"), join(project.folder, "node_modules"), { recursive: true });
    await project.write("package.json", JSON.stringify({ name, private: true, type: "module" }));
    return project;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async write(file: string, text: string): Promise<string> {
    const path = join(this.folder, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return path;
  }

  /** Makes a package of others available, from this repository's own installation. */
  async link(name: string, as = name): Promise<void> {
    const path = join(this.folder, "node_modules", as);
    await rm(path, { force: true });
    await mkdir(dirname(path), { recursive: true });
    await symlink(await realpath(join(root, "node_modules", name)), path);
  }

  /** Resolves with what the command printed. Rejects with all of its output when it fails. */
  async run(command: string, ...args: string[]): Promise<string> {
    return promisify(execFile)(command, args, { cwd: this.folder, env: withoutRegistry() }).then(
      ({ stdout }) => stdout,
      (error: Error & { stdout?: string; stderr?: string }) => {
        throw new Error(`${command} ${args[0]}: ${error.message} ${error.stdout ?? ""}${error.stderr ?? ""}`);
      },
    );
  }

  /** Runs a module's code in this Node. */
  evaluate(code: string): Promise<string> {
    return this.run(process.execPath, "--input-type=module", "--eval", code);
  }

  async typeCheck(source: string, options: object = {}): Promise<string> {
    await this.write("consumer.tsx", source);
    const compilerOptions = {
      ...{ target: "ES2024", module: "NodeNext", strict: true, noEmit: true, jsx: "react-jsx", types: [] },
      ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, lib: ["ES2024", "DOM", "DOM.Iterable"] },
      ...options,
    };
    await this.write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["consumer.tsx"] }));
    return this.run(process.execPath, join(root, "node_modules/typescript/bin/tsc"), "-p", ".");
  }
}
