/**
 * The addresses of uploaded files in questions. A room stores plain addresses; readers and the upstream get signed ones that
 * are fresh. Signing needs an await, so addresses are signed ahead (`prepare`), and `show` replaces at once.
 */
import { fail, ok, type Result } from "../../../shared/result.ts";
import type { RoomPorts, SignedAddress } from "../ports.ts";
import type { AccessRefusal, Principal } from "../principal.ts";
import { fileIn, pathOfFile } from "./file-urls.ts";
import type { RoomFiles } from "./room-files.ts";

export class FileAddresses {
  readonly #room: string;
  readonly #files: RoomFiles;
  readonly #ports: RoomPorts;
  readonly #signed = new Map<string, SignedAddress>();

  constructor(room: string, files: RoomFiles, ports: RoomPorts) {
    this.#room = room;
    this.#files = files;
    this.#ports = ports;
  }

  /** The address of a file, signed for now. Undefined where the file is gone. */
  async of(id: string): Promise<SignedAddress | undefined> {
    await this.prepare([id]);
    return this.#signed.get(id);
  }

  /** Whether `show` has a fresh address for each of these files. Files that are gone need none. */
  isReady(ids: readonly string[]): boolean {
    const now = this.#ports.clock.now();
    return ids.every((id) => this.#files.get(id) === undefined || (this.#signed.get(id)?.freshUntil ?? 0) > now);
  }

  /** Signs what `show` will need. */
  async prepare(ids: readonly string[]): Promise<void> {
    const { files } = this.#ports;
    if (files === undefined || this.isReady(ids)) return;
    const now = this.#ports.clock.now();
    await Promise.all(
      ids.map(async (id) => {
        const file = this.#files.get(id);
        if (file !== undefined) this.#signed.set(id, await files.sign(id, file.origin, now));
      }),
    );
    for (const id of this.#signed.keys()) if (this.#files.get(id) === undefined) this.#signed.delete(id);
  }

  /** An address of a question as a reader gets it. Any but that of an uploaded file stays as it is. */
  readonly show = (url: string): string => {
    const own = fileIn(url);
    return (own?.room === this.#room ? this.#signed.get(own.id)?.url : undefined) ?? url;
  };

  /**
   * An address of a question as it is stored: without signature, and with the host that the gateway knows. Refuses a file of
   * another room, of another subject that hasn't shown it, and one that is gone.
   */
  plain(
    url: string,
    by: Pick<Principal, "sub">,
  ): Result<{ readonly url: string; readonly id?: string }, AccessRefusal> {
    const own = fileIn(url);
    if (own === undefined) return ok({ url });
    const file = this.#files.get(own.id);
    if (own.room !== this.#room || file === undefined || !this.#files.mayUse(own.id, by)) return fail(unknownFile);
    return ok({ url: `${file.origin}${pathOfFile(this.#room, own.id)}`, id: own.id });
  }
}

export const unknownFile: AccessRefusal = {
  code: "file-unknown",
  detail: "This conversation has no such file. Upload it here, and send the question again.",
};
