/** The store of uploaded files as a room uses it: the R2 bucket, and signed addresses. Its code loads with the first file. */
import type { GatewayConfig } from "../config/settings.ts";
import type { RoomFileStore, SignedAddress } from "../core/ports.ts";

export class RoomBucket implements RoomFileStore {
  readonly #bucket: R2Bucket;
  readonly #room: string;
  readonly #config: GatewayConfig;

  constructor(bucket: R2Bucket, room: string, config: GatewayConfig) {
    this.#bucket = bucket;
    this.#room = room;
    this.#config = config;
  }

  async sign(id: string, origin: string, now: number): Promise<SignedAddress> {
    const { fileSealOf } = await import("../files/file-seal.ts");
    const seal = await fileSealOf(this.#config);
    // The Worker takes no upload without a key, so the setting was removed since.
    if (seal === undefined) throw new Error("no key to sign addresses of files with");
    return seal.sign(this.#room, id, origin, now, this.#config.policy.fileAddressMs);
  }

  async delete(ids: readonly string[]): Promise<void> {
    const { FileBucket } = await import("../files/file-bucket.ts");
    await FileBucket.ofRoom(this.#bucket, this.#room, this.#config).delete(ids);
  }
}
