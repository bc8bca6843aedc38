export { endOf, type GenerationEvent, isContent, type SequencedEvent, type UiChunk, type Usage } from "./events.ts";
export { fingerprint } from "./fingerprint.ts";
export type { GenerationRecord, GenerationState, Producer } from "./generation.ts";
export { GenerationError, type GenerationErrorOptions } from "./generation-error.ts";
export { defaultResumableOptions, type ResumableOptions } from "./options.ts";
export { ResumableModule } from "./resumable.module.ts";
export { type GenerationStats, type OpenRequest, ResumableGenerations } from "./resumable-generations.ts";
