/**
 * The one web pair the core may know: cancellation. Everything else of a platform (sockets, clocks, storage, network)
 * reaches the core through `ports.ts`; this folder compiles with an ES-only `lib` so that a slip is a type error.
 */
interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}
