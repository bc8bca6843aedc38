/** This project's Worker as it is deployed, with a tenant limit that is never reached: every turn asks its Limiter for a lease. */
import { ownWorker } from "../lib/bundle.ts";
import { startWorkerd, type Workerd } from "../lib/workerd.ts";
import type { RunFolder } from "./contender.ts";

export async function startOurs({ upstream, folder }: RunFolder): Promise<Workerd> {
  return startWorkerd(
    {
      modules: await ownWorker(),
      flags: ["enable_request_signal"],
      vars: { AUTH: "none", NEST_BASE: upstream, TENANT_ACTIVE_TURNS: "100000" },
      objects: { Chat: "ChatRoom", Limiter: "Limiter" },
    },
    folder,
  );
}

export function roomUrl(worker: Workerd, room: string): string {
  return `${worker.url}/parties/chat/${room}`;
}
