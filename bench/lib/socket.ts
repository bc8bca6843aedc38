/** A WebSocket of the load generator: opened, its text handed on, closed. */

export interface OpenSocket {
  send(text: string): void;
  /** Says goodbye and does not wait for the answer: workerd ends the connection of an object's socket some ten seconds later. */
  close(): Promise<void>;
}

/** Resolves when it is open. */
export async function openSocket(url: string, onText: (text: string) => void): Promise<OpenSocket> {
  const socket = new WebSocket(url.replace(/^http/, "ws"));
  let isClosing = false;
  socket.addEventListener("message", ({ data }) => {
    if (!isClosing) onText(String(data));
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve(), { once: true });
    socket.addEventListener("error", () => reject(new Error(`no socket at ${url}`)), { once: true });
  });
  return {
    send: (text) => socket.send(text),
    close: async () => {
      isClosing = true;
      socket.close();
    },
  };
}
