// `node scripts/measure/uploads.ts`: how fast files are uploaded and read, and how much memory the runtime takes meanwhile. All of it is
// one process here: the Worker, the room's object and the simulated R2, which writes to disk. Bytes that were buffered whole would show.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { startTestStack } from "../../tests/support/stack.ts";
import { buildOrThrow } from "../lib/build.ts";

const fileBytes = 20 * 1_048_576;
const rounds = 5;
const run = promisify(execFile);

await buildOrThrow();
const stack = await startTestStack();
try {
  console.log(`Uploads of ${fileBytes / 1_048_576} MiB, ${rounds} rounds each\n`);
  console.log("| at once | upload | read | memory before | most memory | more, of bytes at once |");
  console.log("| --- | --- | --- | --- | --- | --- |");
  await measure(1);
  for (const atOnce of [1, 4, 8]) console.log(await measure(atOnce));
} finally {
  await stack.stop();
}

/** @param atOnce uploads at the same time, each into a room of its own. */
async function measure(atOnce: number): Promise<string> {
  const before = await memoryOf();
  let most = before;
  const watch = setInterval(() => {
    void memoryOf().then((now) => {
      most = Math.max(most, now);
    });
  }, 50);
  let [uploadMs, readMs] = [0, 0];
  for (let round = 0; round < rounds; round += 1) {
    const rooms = Array.from({ length: atOnce }, (_, at) => `upload-${atOnce}-${round}-${at}-${Date.now()}`);
    const started = performance.now();
    const urls = await Promise.all(rooms.map(upload));
    const sent = performance.now();
    await Promise.all(urls.map(read));
    uploadMs += sent - started;
    readMs += performance.now() - sent;
    await Promise.all(rooms.map((room) => fetch(`${stack.url}/parties/chat/${room}`, { method: "DELETE" })));
  }
  clearInterval(watch);
  const megabytes = (rounds * atOnce * fileBytes) / 1_048_576;
  const more = most - before;
  const share = `${more.toFixed(0)} MiB, ${Math.round((more / ((atOnce * fileBytes) / 1_048_576)) * 100)} %`;
  const speed = (ms: number) => `${(megabytes / (ms / 1_000)).toFixed(0)} MiB/s`;
  const cells = [atOnce, speed(uploadMs), speed(readMs), `${before.toFixed(0)} MiB`, `${most.toFixed(0)} MiB`, share];
  return `| ${cells.join(" | ")} |`;
}

async function upload(room: string): Promise<string> {
  const body = Buffer.alloc(fileBytes, "some text of a long file\n");
  const response = await fetch(`${stack.url}/parties/chat/${room}/files`, {
    method: "POST",
    body,
    headers: { "content-type": "text/plain" },
  });
  if (response.status !== 201) throw new Error(`status ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { url: string }).url;
}

/** Reads to the end and keeps nothing. */
async function read(url: string): Promise<void> {
  const response = await fetch(url);
  let bytes = 0;
  for await (const chunk of response.body ?? []) bytes += chunk.byteLength;
  if (bytes !== fileBytes) throw new Error(`read ${bytes} bytes`);
}

/** Resident memory of the runtime's process that uses most, in MiB. */
async function memoryOf(): Promise<number> {
  const { stdout } = await run("ps", ["-eo", "rss,args"]);
  const own = stdout.split("\n").filter((line) => line.includes("workerd") && line.includes(process.cwd()));
  return Math.max(0, ...own.map((line) => Number.parseInt(line, 10) / 1_024));
}
