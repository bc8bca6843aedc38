/**
 * Connections that are held open to one gateway, counted over all tabs of a browser: HTTP/1.1 allows six to a host, and some
 * must be left for what people say. A slot is a Web Lock, so a tab that crashes gives its own back.
 */

/** Two of six are left: for a submit or stop, and for the page itself. */
const maxSlots = 4;

/** Gives the slot back. */
export type ReleaseSlot = () => void;

/** Undefined where all are taken. */
export async function takeSlot(host: string): Promise<ReleaseSlot | undefined> {
  for (let slot = 0; slot < maxSlots; slot += 1) {
    const release = await tryLock(`edge-chat.slot.${host}/${slot}`);
    if (release !== undefined) return release;
  }
  return undefined;
}

function tryLock(name: string): Promise<ReleaseSlot | undefined> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          resolve(undefined);
          return undefined;
        }
        // Held until the promise settles.
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}
