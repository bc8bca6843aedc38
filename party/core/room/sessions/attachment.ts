/**
 * The part of a session that is stored with its WebSocket, so that a wake finds it. Written by `session.ts`, read by
 * `handshake.ts`. Hosts limit its size: 16 KiB on Durable Objects, 2 KiB on PartyKit.
 */
import * as z from "zod/mini";
import { haveSchema } from "../../../../shared/protocol/client-frames.ts";
import { principalSchema } from "../../principal-schema.ts";

const attachmentSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  acceptedAt: z.number(),
  heardAt: z.number(),
  /** When the session is closed, because it was asked to leave. */
  leaveBy: z.exactOptional(z.number()),
  welcomed: z.exactOptional(
    z.object({
      principal: principalSchema,
      have: haveSchema,
    }),
  ),
});

/** Versioned, because an older or newer object may have written it. */
export type Attachment = z.infer<typeof attachmentSchema>;

/** Undefined for a value that another version wrote: its session says hello again. */
export function parseAttachment(value: unknown): Attachment | undefined {
  const parsed = attachmentSchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/**
 * The attachment within `maxBytes`. What doesn't fit is left out: first the offsets, which costs a wake a larger sync, then
 * the welcome, which makes the client say hello again after a wake.
 */
export function fitAttachment(attachment: Attachment, maxBytes: number): Attachment {
  if (sizeOf(attachment) <= maxBytes) return attachment;
  const { welcomed, ...session } = attachment;
  if (welcomed === undefined) return attachment;
  const withoutOffsets = { ...session, welcomed: { ...welcomed, have: { ...welcomed.have, offsets: {} } } };
  return sizeOf(withoutOffsets) <= maxBytes ? withoutOffsets : session;
}

/** At most so many bytes, in JSON or in a structured clone: three for each UTF-16 unit that isn't ASCII. */
function sizeOf(attachment: Attachment): number {
  const text = JSON.stringify(attachment);
  let size = text.length;
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7f) size += 2;
  return size;
}
