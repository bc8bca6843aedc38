/** Processes of the bench: ended with it, and what they have used, as Linux counts it. https://man7.org/linux/man-pages/man5/proc.5.html */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";

/** USER_HZ: fixed at 100 in the interface to user space. */
const tickMs = 10;

/** User and system time of all its threads, in ms; of 10 ms a step. */
export async function cpuMsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The name in parentheses may hold spaces; fields are counted after it, the state being the third.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

export interface Memory {
  readonly residentMib: number;
  readonly peakMib: number;
}

export async function memoryOf(pid: number): Promise<Memory> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const mib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1024;
  return { residentMib: mib("VmRSS"), peakMib: mib("VmHWM") };
}

/** What ends the child, now or with this process. It keeps nothing that has to be put away. */
export function stopper(child: ChildProcess): () => Promise<void> {
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  return async () => {
    process.off("exit", kill);
    if (child.exitCode !== null || child.signalCode !== null) return;
    kill();
    await once(child, "exit");
  };
}
