/** The parts of a question beside its text: files by their address, and data of the application. Nothing here reads a file. */
import { z } from "zod";

const filePart = z.looseObject({
  type: z.literal("file"),
  mediaType: z.string().min(1).max(255),
  filename: z.string().max(255).optional(),
  /** `https:` or `data:`. A service that reads it must refuse addresses of its own network. */
  url: z.string().min(1),
});
export type QuestionFile = z.infer<typeof filePart>;

/** In the shape of the AI SDK's message parts. Fields that aren't listed pass as they are. */
export const questionPart = z.union([
  z.looseObject({ type: z.literal("text"), text: z.string() }),
  filePart,
  z.looseObject({ type: z.templateLiteral(["data-", z.string()]), id: z.string().optional(), data: z.unknown() }),
]);
export type QuestionPart = z.infer<typeof questionPart>;
