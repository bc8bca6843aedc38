/**
 * The addresses of uploaded files in questions. A room stores plain addresses; readers and the upstream get signed ones that
 * are fresh. Signing needs an await, so addresses are signed ahead (`prepare`), and `shown` replaces at once.
 */
import type { ChatMessage, TurnInput } from "../../../shared/protocol/client-frames.ts";
import type { Submit } from "../log/turn-record.ts";
import type { RoomPorts, SignedAddress, UpstreamMessage } from "../ports.ts";
import type { AccessRefusal, Principal } from "../principal.ts";
import { fileIn, fileUrlsIn, pathOfFile, withFileUrls } from "./file-urls.ts";
import type { RoomFiles } from "./room-files.ts";

/** After a signature failed, its file is sent unsigned for this long. */
const unsignedMs = 10_000;
/** The id of a file that this user can't use, whatever the room holds. */
const notTheirs = "";

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

  /** Whether `shown` has a fresh address for each of these files. Files that are gone need none. */
  isReady(ids: readonly string[]): boolean {
    if (this.#ports.files === undefined) return true;
    const now = this.#ports.clock.now();
    return ids.every((id) => this.#files.get(id) === undefined || (this.#signed.get(id)?.freshUntil ?? 0) > now);
  }

  /** Signs what `shown` will need. Never rejects: a file whose address can't be signed is shown unsigned for a moment. */
  async prepare(ids: readonly string[]): Promise<void> {
    const { files, clock, report } = this.#ports;
    if (files === undefined || this.isReady(ids)) return;
    const now = clock.now();
    for (const id of this.#signed.keys()) if (this.#files.get(id) === undefined) this.#signed.delete(id);
    await Promise.all(
      ids.map(async (id) => {
        const file = this.#files.get(id);
        if (file === undefined) return;
        const signed = await files.sign(id, file.origin, now).catch((cause: unknown): SignedAddress => {
          report({ name: "session-fault", cause });
          const freshUntil = now + unsignedMs;
          return { url: this.#plainOf(id, file.origin), expiresAt: freshUntil, freshUntil };
        });
        this.#signed.set(id, signed);
      }),
    );
  }

  /** A question as readers get it. */
  shown<T extends TurnInput>(input: T): T {
    return withFileUrls(input, (url) => this.#show(url));
  }

  /** Messages as the upstream gets them. */
  async shownTo(messages: readonly UpstreamMessage[]): Promise<UpstreamMessage[]> {
    // A user's message holds what was asked; an assistant's has parts of other shapes, which stay as they are.
    const asked = { messages: messages as readonly ChatMessage[] };
    await this.prepare(fileUrlsIn(asked).flatMap((url) => this.#ownIn(url) ?? []));
    return [...(withFileUrls(asked, (url) => this.#show(url)).messages as readonly UpstreamMessage[])];
  }

  /**
   * A submit as it is stored: addresses of files without signature, and with the host that the gateway knows. `files` lists the
   * files that the question holds, which the room must have and the user may use (`RoomFiles.mayUse`). Earlier messages may
   * name files that are gone.
   */
  stored(frame: Submit, by: Pick<Principal, "sub">): Submit {
    const held = new Set<string>();
    const input = withFileUrls(frame.input, (url) => this.#plain(url, (id) => held.add(id)));
    // Of a user's message only what was asked is looked at, as in `shownTo`.
    const context = frame.context && [
      ...withFileUrls({ messages: frame.context as readonly ChatMessage[] }, (url) =>
        this.#plain(url, (id) => {
          if (id === notTheirs || (this.#files.get(id) !== undefined && !this.#files.mayUse(id, by)))
            held.add(notTheirs);
        }),
      ).messages,
    ];
    const original = frame.original && {
      ...frame.original,
      input: withFileUrls(frame.original.input, (url) => this.#plain(url, () => undefined)),
    };
    return {
      ...frame,
      input,
      ...(original && { original }),
      ...(context && { context }),
      ...(held.size > 0 && { files: [...held] }),
    };
  }

  /** An address as it is stored. @param hold called with the id of a file of this gateway. */
  #plain(url: string, hold: (id: string) => void): string {
    const own = fileIn(url);
    if (own === undefined) return url;
    if (own.room !== this.#room) {
      hold(notTheirs);
      return url;
    }
    hold(own.id);
    return this.#plainOf(own.id, this.#files.get(own.id)?.origin ?? "");
  }

  #plainOf(id: string, origin: string): string {
    return `${origin}${pathOfFile(this.#room, id)}`;
  }

  #show(url: string): string {
    const id = this.#ownIn(url);
    return (id === undefined ? undefined : this.#signed.get(id)?.url) ?? url;
  }

  #ownIn(url: string): string | undefined {
    const own = fileIn(url);
    return own?.room === this.#room ? own.id : undefined;
  }
}

export const unknownFile: AccessRefusal = {
  code: "file-unknown",
  detail: "This conversation has no such file. Upload it here, and send the question again.",
};
