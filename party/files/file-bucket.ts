/**
 * The R2 bucket of uploaded files, for one room: no key outside of the room's own folder can be named. Used by the Worker for
 * bytes and by rooms to delete.
 */
import { tenantOfRoom } from "../auth/tenants.ts";
import type { GatewayConfig } from "../config/settings.ts";
import { fileIdPattern } from "../core/files/file-urls.ts";
import type { ByteRange } from "./file-request.ts";

/** What is kept with the bytes, so that reading needs no room. */
export interface FileLabels {
  readonly mediaType: string;
  readonly filename?: string | undefined;
}

export class FileBucket {
  readonly #bucket: R2Bucket;
  readonly #folder: string;

  private constructor(bucket: R2Bucket, folder: string) {
    this.#bucket = bucket;
    this.#folder = folder;
  }

  /** The tenant's name is part of it: two gateways may share a bucket. */
  static ofRoom(bucket: R2Bucket, room: string, { tenant }: Pick<GatewayConfig, "tenant">): FileBucket {
    return new FileBucket(bucket, `${tenantOfRoom(tenant, room) ?? ""}/${room}`);
  }

  /** Rejects where the stream breaks off; then nothing is stored. @param body of known length (`FixedLengthStream`). */
  async put(id: string, body: ReadableStream, { mediaType, filename }: FileLabels): Promise<void> {
    await this.#bucket.put(this.#key(id), body, {
      httpMetadata: { contentType: mediaType },
      customMetadata: filename === undefined ? {} : { filename: encodeURIComponent(filename) },
    });
  }

  head(id: string): Promise<R2Object | null> {
    return this.#bucket.head(this.#key(id));
  }

  get(id: string, range: ByteRange | undefined): Promise<R2ObjectBody | null> {
    return this.#bucket.get(this.#key(id), range === undefined ? {} : { range: { ...range } });
  }

  delete(ids: readonly string[]): Promise<void> {
    return this.#bucket.delete(ids.map((id) => this.#key(id)));
  }

  #key(id: string): string {
    if (!fileIdPattern.test(id)) throw new TypeError("not a file's id");
    return `${this.#folder}/${id}`;
  }
}

export function labelsOf({ httpMetadata, customMetadata }: R2Object): FileLabels {
  const filename = customMetadata?.["filename"];
  const mediaType = httpMetadata?.contentType ?? "application/octet-stream";
  return filename === undefined ? { mediaType } : { mediaType, filename: decodeURIComponent(filename) };
}
