/** What a connection is given by its owner, and what it reports to it. Types only; `connection.ts` implements it. */
import type { Have } from "../../shared/protocol/client-frames.ts";
import type { ErrorFrame, ServerFrame } from "../../shared/protocol/server-frames.ts";
import type { TransportName } from "../api/connection-types.ts";
import type { OpenTransport, TransportEnd } from "../transports/transport.ts";
import type { FallbackMemory } from "./fallback-memory.ts";

export interface ConnectionEvents {
  /** Returns the reader's cursor for the next hello. */
  have(): Have | undefined;
  /** A frame of a welcomed transport, or an `error` or `notice` before the welcome. */
  frame(frame: ServerFrame): void;
  /** A failure on this side that a person should know of. */
  error(error: ErrorFrame): void;
  /** `state` changed. */
  change(): void;
  /** The transport is gone and the next one starts from its welcome. Called before the state changes. */
  lost(): void;
}

export interface ConnectionOptions {
  /** The transports that may be used, best first, and how each is opened. */
  readonly transports: ReadonlyMap<TransportName, OpenTransport>;
  readonly memory: FallbackMemory;
  /** Finds out why no attempt gets through; undefined where nothing answers. */
  readonly findObstacle: (signal: AbortSignal) => Promise<TransportEnd | undefined>;
  /** Whether the application can be asked for a token. */
  readonly hasToken: () => boolean;
}
