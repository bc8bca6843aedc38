/** The rows that objects keep, counted in their databases after the fact: in every table, the runtime's own but for SQLite's. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Two counts this far apart that agree: nothing is being written any more. */
const settledMs = 300;

/** Waits until nothing is written any more: an answer's last rows may come after its last token. */
export async function rowsIn(storage: string | undefined): Promise<number> {
  if (storage === undefined) return 0;
  for (let before = -1, now = await count(storage); ; before = now, now = await count(storage)) {
    if (now === before) return now;
    await new Promise((resolve) => setTimeout(resolve, settledMs));
  }
}

async function count(storage: string): Promise<number> {
  const entries = await readdir(storage, { recursive: true, withFileTypes: true });
  let rows = 0;
  for (const entry of entries) {
    if (!entry.isFile() || !entry.name.endsWith(".sqlite")) continue;
    const database = new DatabaseSync(join(entry.parentPath, entry.name), { readOnly: true });
    try {
      const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
      for (const { name } of tables) {
        const [row] = database.prepare(`SELECT count(*) AS n FROM "${String(name)}"`).all();
        rows += Number(row?.["n"] ?? 0);
      }
    } finally {
      database.close();
    }
  }
  return rows;
}
