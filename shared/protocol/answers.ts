/**
 * Answers to what a turn left open when it ended: outputs of tools that run at a client, and decisions about calls that need an
 * approval. They are the input of a turn that `continues` the one that asked.
 */
import * as z from "zod/mini";
import { maxOpenCalls } from "./limits.ts";

const callId = z.string().check(z.minLength(1), z.maxLength(256));

export const callAnswerSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("tool-output"), toolCallId: callId, output: z.json() }),
  z.strictObject({ type: z.literal("tool-error"), toolCallId: callId, errorText: z.string() }),
  z.strictObject({
    type: z.literal("approval"),
    approvalId: callId,
    approved: z.boolean(),
    reason: z.exactOptional(z.string().check(z.maxLength(2_000))),
  }),
]);

export const callAnswersSchema = z.array(callAnswerSchema).check(z.minLength(1), z.maxLength(maxOpenCalls));

/** A call that waits for a client's output, or for a person's decision. Its input is in the answer's parts. */
export const openCallSchema = z.object({
  kind: z.enum(["tool", "approval"]),
  toolCallId: z.string(),
  toolName: z.string(),
  /** Of an approval: what a decision names. */
  approvalId: z.exactOptional(z.string()),
});

export type CallAnswer = z.infer<typeof callAnswerSchema>;
export type OpenCall = z.infer<typeof openCallSchema>;
