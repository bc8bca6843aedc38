/** This project's Worker as it is deployed, with a tenant limit that is never reached: every turn asks its Limiter for a lease. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ownWorker } from "../lib/bundle.ts";
import { startWorkerd, type Workerd, type WorkerOptions } from "../lib/workerd.ts";
import type { RunFolder } from "./contender.ts";

/** @param more what another measurement wants in place of, or beside, what the bench's own has. */
export async function startOurs(
  { upstream, folder }: Pick<RunFolder, "upstream" | "folder">,
  more: Partial<WorkerOptions> = {},
): Promise<Workerd> {
  return startWorkerd(
    {
      modules: more.modules ?? (await ownWorker()),
      flags: await deployedFlags(),
      vars: { AUTH: "none", NEST_BASE: upstream, TENANT_ACTIVE_TURNS: "100000", ...more.vars },
      objects: { Chat: "ChatRoom", Limiter: "Limiter", ...more.objects },
      datasets: more.datasets ?? {},
    },
    folder,
  );
}

/** As `wrangler.jsonc` has them. */
async function deployedFlags(): Promise<readonly string[]> {
  const settings = await readFile(join(import.meta.dirname, "../../wrangler.jsonc"), "utf8");
  const flags = /"compatibility_flags":\s*(\[[^\]]*\])/.exec(settings)?.[1];
  if (flags === undefined) throw new Error("wrangler.jsonc names no compatibility flags");
  return JSON.parse(flags) as string[];
}

export function roomUrl(worker: Workerd, room: string): string {
  return `${worker.url}/parties/chat/${room}`;
}
