/**
 * The Worker of this repository: the gateway at the root, without hooks. It is a user of `server.ts`, as any other Worker is;
 * its settings are variables (docs/settings.md).
 */
import type { Bindings } from "./http/request-context.ts";
import { createGateway } from "./server.ts";

export { ChatRoom, Limiter, Metrics, Revocations } from "./server.ts";

export default createGateway<Bindings>() satisfies ExportedHandler<Bindings>;
