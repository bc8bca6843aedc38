// Whether a port can be had on the loopback interface.
import { once } from "node:events";
import { createServer } from "node:net";

/** Whether something could listen on this port of 127.0.0.1 now. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer().listen({ port, host: "127.0.0.1", exclusive: true });
  try {
    await once(server, "listening");
  } catch {
    return false; // Taken, or not ours to take (ports under 1024).
  }
  server.close();
  await once(server, "close");
  return true;
}
