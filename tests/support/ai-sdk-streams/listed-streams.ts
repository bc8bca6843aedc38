/** All listed streams. Together they hold each chunk type of `ai` 5, 6 and 7; a test checks that. */
import type { Version } from "../../unit/ai-sdk/stories.ts";
import { contentStreams } from "./content-streams.ts";
import { type StreamChunk, versionsAccepting } from "./stream-chunk.ts";
import { textStreams } from "./text-streams.ts";
import { toolStreams } from "./tool-streams.ts";

export interface ListedStream {
  readonly name: string;
  readonly chunks: readonly StreamChunk[];
  /** The versions that read it without an error of their own. */
  readonly versions: readonly Version[];
}

/** Streams that a version's transport accepts and whose order its reader refuses. */
const refusedOrder: Readonly<Record<string, readonly Version[]>> = {
  "a text that goes on in the next step": ["ai5", "ai6"],
};

export const listedStreams: readonly ListedStream[] = Object.entries({
  ...textStreams,
  ...toolStreams,
  ...contentStreams,
}).map(([name, chunks]) => {
  const refusing = refusedOrder[name] ?? [];
  return { name, chunks, versions: versionsAccepting(chunks).filter((version) => !refusing.includes(version)) };
});
