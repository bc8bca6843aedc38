/**
 * The uploaded files of one room: how many there may be, whose they are, which questions use them, and when their bytes go.
 * Knows facts alone; the bytes pass from the Worker to the file store (`ports.files`). Calls about files are `file-calls.ts`.
 */
import { fail, ok, type Result } from "../../../shared/result.ts";
import type { Commit, Committer } from "../conversation/commit.ts";
import type { Agenda } from "../log/agenda.ts";
import type { Journal } from "../log/journal.ts";
import type { RoomPolicy } from "../policy.ts";
import type { RoomPorts } from "../ports.ts";
import type { AccessRefusal, Principal } from "../principal.ts";
import { isOneUser } from "../room/fair-share.ts";
import {
  filePrefix,
  filesDeadline,
  type StoredFile,
  storedFileSchema,
  type TrashedFile,
  trashedFileSchema,
  trashPrefix,
} from "./file-record.ts";

/** Of the room's files, what one user may hold: the others can still attach something while one uploads without end. */
const userShare = 3 / 4;
/** An upload is given up by the Worker before this (`party/files/accept-upload.ts`), so its bytes can't arrive afterwards. */
export const uploadDeadlineMs = 15 * 60_000;
/** Between two tries to delete bytes; doubled each time, up to an hour. */
const retryDeleteMs = 60_000;
const maxRetryDeleteMs = 3_600_000;
/** Objects of one delete: what R2 takes in one call. */
const maxDeletes = 1_000;

export interface RoomFilesParts {
  readonly ports: RoomPorts;
  readonly policy: RoomPolicy;
  readonly agenda: Agenda;
  readonly journal: Journal;
  readonly committer: Committer;
  readonly life: AbortSignal;
}

/** What an upload is about to send. */
export interface Upload {
  readonly upload?: string;
  readonly origin: string;
  readonly mediaType: string;
  readonly filename?: string;
  readonly bytes: number;
}

export class RoomFiles {
  readonly #parts: RoomFilesParts;
  readonly #files = new Map<string, StoredFile>();
  readonly #trash = new Map<string, TrashedFile>();
  /** One round at a time, so that no file is asked for twice at once. */
  #sweeping: Promise<void> | undefined;

  constructor(parts: RoomFilesParts) {
    this.#parts = parts;
  }

  /** Reads what is stored. Called in a start, only where the agenda or a turn says that there is something. */
  async load(): Promise<void> {
    const { storage } = this.#parts.ports;
    const [files, trash] = await Promise.all([
      storage.list({ prefix: filePrefix }),
      storage.list({ prefix: trashPrefix }),
    ]);
    for (const value of files.values()) {
      const file = storedFileSchema.parse(value);
      this.#files.set(file.id, file);
    }
    for (const [key, value] of trash) this.#trash.set(key.slice(trashPrefix.length), trashedFileSchema.parse(value));
  }

  get(id: string): StoredFile | undefined {
    return this.#files.get(id);
  }

  /**
   * Makes room for an upload. The same upload sent again gets the file that is there: its first answer may have been lost.
   * Resolves when that is durable.
   */
  async reserve(by: Principal, upload: Upload): Promise<Result<StoredFile, AccessRefusal>> {
    const { ports, committer } = this.#parts;
    const known = this.#uploadedBefore(by, upload);
    if (known !== undefined && !isSameUpload(known, upload)) return fail(otherFile);
    if (known !== undefined && known.state !== "uploading") {
      await this.#parts.journal.settled();
      return ok(known);
    }
    const refusal = known === undefined ? this.#refusalOf(by, upload.bytes) : undefined;
    if (refusal !== undefined) return fail(refusal);
    const file: StoredFile = {
      v: 1,
      id: known?.id ?? ports.newId(),
      ...upload,
      by: by.sub,
      at: ports.clock.now(),
      state: "uploading",
      attempt: (known?.attempt ?? 0) + 1,
      turns: [],
    };
    const commit = committer.begin();
    this.#put(commit, file);
    await this.#durably(commit);
    return ok(file);
  }

  /** The bytes are in the file store. Undefined where the file is gone meanwhile: its bytes must go too. */
  async stored(id: string): Promise<StoredFile | undefined> {
    const { ports, committer, journal } = this.#parts;
    const known = this.#files.get(id);
    if (known?.state !== "uploading") {
      await journal.settled();
      return this.#files.get(id);
    }
    const commit = committer.begin();
    this.#put(commit, { ...known, state: "unused", at: ports.clock.now() });
    commit.next.push(() => ports.audit({ act: "uploaded", fileId: id, by: known.by }));
    await this.#durably(commit);
    return this.#files.get(id);
  }

  /** An upload broke off. A later attempt of the same upload goes on. */
  async release(id: string, attempt: number): Promise<void> {
    const file = this.#files.get(id);
    if (file?.state === "uploading" && file.attempt === attempt) await this.#remove(file);
  }

  /** Removes a file that no question uses, for the subject that uploaded it. */
  async discard(id: string): Promise<void> {
    const file = this.#files.get(id);
    if (file !== undefined) await this.#remove(file);
  }

  /** Whether a question of `by` may hold the file: it is the subject's own, or it was shown to the room in a question. */
  mayUse(id: string, by: Pick<Principal, "sub">): boolean {
    const file = this.#files.get(id);
    return file !== undefined && (file.state === "used" || (file.state === "unused" && file.by === by.sub));
  }

  /** A new turn's question holds these files. */
  holdIn(commit: Commit, ids: readonly string[], turnId: string): void {
    for (const id of ids) {
      const file = this.#files.get(id);
      if (file !== undefined) this.#put(commit, { ...file, state: "used", turns: [...file.turns, turnId] });
    }
    this.#plan();
  }

  /** A turn is removed: files that no other question holds go with it. */
  leaveIn(commit: Commit, ids: readonly string[], turnId: string): void {
    for (const id of ids) {
      const file = this.#files.get(id);
      if (file === undefined) continue;
      const turns = file.turns.filter((other) => other !== turnId);
      if (turns.length > 0) this.#put(commit, { ...file, turns });
      else this.#trashIn(commit, file);
    }
    this.#sweepAfter(commit);
    this.#plan();
  }

  /** The room is cleared or erased: every file goes, also one that is being uploaded. */
  leaveAllIn(commit: Commit): void {
    for (const file of this.#files.values()) this.#trashIn(commit, file);
    this.#sweepAfter(commit);
    this.#plan();
  }

  /** Everything stored is deleted: what is still to be deleted from the file store is written again. */
  rewriteTrashIn(commit: Commit): void {
    for (const [id, row] of this.#trash) commit.changes.other(`${trashPrefix}${id}`, row);
    this.#sweepAfter(commit);
    this.#plan();
  }

  /** The alarm rang for files: uploads that never ended and files that no question used go. */
  dueIn(commit: Commit): void {
    const now = this.#parts.ports.clock.now();
    for (const file of this.#files.values()) if (this.#deadlineOf(file) <= now) this.#trashIn(commit, file);
    this.#sweepAfter(commit);
    this.#plan();
  }

  /** Deletes the bytes that are due. What the file store doesn't confirm is tried again by the alarm. Never rejects. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweepOnce().finally(() => {
      this.#sweeping = undefined;
    });
    return this.#sweeping;
  }

  async #sweepOnce(): Promise<void> {
    const { ports, committer, life } = this.#parts;
    const now = ports.clock.now();
    const due = [...this.#trash].filter(([, { at }]) => at <= now).slice(0, maxDeletes);
    if (due.length === 0 || ports.files === undefined || life.aborted) return;
    const isDone = await ports.files.delete(due.map(([id]) => id)).then(
      () => true,
      (cause: unknown) => {
        ports.report({ name: "files-undeleted", files: due.length, cause });
        return false;
      },
    );
    if (life.aborted) return;
    const commit = committer.begin();
    for (const [id, row] of due) {
      if (!this.#trash.has(id)) continue;
      const waitMs = Math.min(maxRetryDeleteMs, retryDeleteMs * 2 ** row.tries);
      if (isDone) this.#forget(commit, id);
      else this.#keepTrash(commit, id, { v: 1, at: ports.clock.now() + waitMs, tries: row.tries + 1 });
    }
    this.#plan();
    committer.commit(commit);
  }

  /** The same subject's upload of this id. With `AUTH=none` all have one name, and the ids tell them apart. */
  #uploadedBefore(by: Principal, { upload }: Upload): StoredFile | undefined {
    if (upload === undefined) return undefined;
    for (const file of this.#files.values()) if (file.upload === upload && file.by === by.sub) return file;
    return undefined;
  }

  #refusalOf(by: Principal, bytes: number): AccessRefusal | undefined {
    const { roomFiles, roomFileBytes } = this.#parts.policy;
    const all = [...this.#files.values()];
    if (all.length >= roomFiles || bytesOf(all) + bytes > roomFileBytes) return roomFull;
    if (!isOneUser(by)) return undefined;
    const own = all.filter((file) => file.by === by.sub);
    const isOverShare =
      own.length + 1 > Math.ceil(roomFiles * userShare) || bytesOf(own) + bytes > roomFileBytes * userShare;
    return isOverShare ? shareFull : undefined;
  }

  async #remove(file: StoredFile): Promise<void> {
    const commit = this.#parts.committer.begin();
    this.#trashIn(commit, file);
    this.#sweepAfter(commit);
    await this.#durably(commit);
  }

  #durably(commit: Commit): Promise<void> {
    this.#plan();
    return this.#parts.committer.durably(commit);
  }

  #put(commit: Commit, file: StoredFile): void {
    this.#files.set(file.id, file);
    commit.changes.other(`${filePrefix}${file.id}`, file);
  }

  #trashIn(commit: Commit, file: StoredFile): void {
    const now = this.#parts.ports.clock.now();
    this.#files.delete(file.id);
    commit.changes.dropOther(`${filePrefix}${file.id}`);
    // Bytes that are still arriving would come after a deletion of today.
    const at = file.state === "uploading" ? Math.max(now, file.at + uploadDeadlineMs) : now;
    this.#keepTrash(commit, file.id, { v: 1, at, tries: 0 });
  }

  #keepTrash(commit: Commit, id: string, row: TrashedFile): void {
    this.#trash.set(id, row);
    commit.changes.other(`${trashPrefix}${id}`, row);
  }

  #forget(commit: Commit, id: string): void {
    this.#trash.delete(id);
    commit.changes.dropOther(`${trashPrefix}${id}`);
  }

  #sweepAfter(commit: Commit): void {
    if (this.#trash.size > 0) commit.next.push(() => void this.sweep());
  }

  /** Sets the one deadline of all files. Without one and without turns the room is as if it was never used (F4). */
  #plan(): void {
    let at = Number.POSITIVE_INFINITY;
    for (const file of this.#files.values()) at = Math.min(at, this.#deadlineOf(file));
    for (const row of this.#trash.values()) at = Math.min(at, row.at);
    if (at === Number.POSITIVE_INFINITY) this.#parts.agenda.clear(filesDeadline);
    else this.#parts.agenda.set(filesDeadline, at);
  }

  #deadlineOf({ state, at }: StoredFile): number {
    if (state === "used") return Number.POSITIVE_INFINITY;
    return at + (state === "uploading" ? uploadDeadlineMs : this.#parts.policy.unusedFileMs);
  }
}

function bytesOf(files: readonly StoredFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

function isSameUpload(known: StoredFile, upload: Upload): boolean {
  return known.bytes === upload.bytes && known.mediaType === upload.mediaType && known.filename === upload.filename;
}

const otherFile: AccessRefusal = {
  code: "file-conflict",
  detail: "Another file was uploaded under this Idempotency-Key. Use a new key for a new file.",
};
const roomFull: AccessRefusal = {
  code: "too-many-files",
  detail: "This conversation holds as many files as it may. Clear it, or start another one.",
};
const shareFull: AccessRefusal = {
  code: "too-many-files",
  detail:
    "You have as many files in this conversation as one person may. Remove some questions with files, or start another conversation.",
};
