/** A consumer's project with one version of NestJS, and the services that are built and run in it. */
import { mkdir, readFile, realpath, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { transform } from "esbuild";
import { type Part, startPart } from "../../../scripts/lib/local-process.ts";
import { root } from "../../../scripts/package/entries.ts";
import { Project } from "../project.ts";

/** Where each version is installed by the lockfile. */
const installedIn: Readonly<Record<number, string>> = {
  10: "tests/package/nestjs/10/node_modules",
  11: "tests/package/nestjs/11/node_modules",
  12: "node_modules",
};

export interface Service {
  /** An example's or a test's file, by its path in the repository. */
  readonly source: string;
  readonly format: "esm" | "cjs";
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  readonly ready: RegExp;
}

export class NestProject {
  readonly #project: Project;

  private constructor(project: Project) {
    this.#project = project;
  }

  static async of(version: number, installed: string): Promise<NestProject> {
    const project = await Project.in(installed, `nestjs-${version}`);
    for (const name of ["common", "core", "platform-express", "platform-fastify"]) {
      await link(join(root, installedIn[version] ?? "", "@nestjs", name), project, `@nestjs/${name}`);
    }
    for (const name of ["reflect-metadata", "rxjs"]) await link(join(root, "node_modules", name), project, name);
    return new NestProject(project);
  }

  /** The version that the project's services run on. */
  async version(): Promise<string> {
    const manifest = await readFile(join(this.#project.folder, "node_modules/@nestjs/core/package.json"), "utf8");
    return (JSON.parse(manifest) as { version: string }).version;
  }

  /** Compiles the file as the project's own build would, without metadata of types, and starts it. */
  async start({ source, format, port, env, ready }: Service): Promise<Part> {
    const tsconfigRaw = { compilerOptions: { experimentalDecorators: true } };
    const { code } = await transform(await readFile(join(root, source), "utf8"), {
      ...({ loader: "ts", format, target: "es2022", tsconfigRaw } as const),
    });
    const file = await this.#project.write(format === "esm" ? "service.mjs" : "service.cjs", code);
    const variables = { ...env, PORT: String(port) };
    return startPart({ name: "service", command: process.execPath, args: [file], env: variables, ready });
  }

  remove(): Promise<void> {
    return this.#project.remove();
  }
}

async function link(from: string, project: Project, name: string): Promise<void> {
  const path = join(project.folder, "node_modules", name);
  await mkdir(dirname(path), { recursive: true });
  await symlink(await realpath(from), path);
}
