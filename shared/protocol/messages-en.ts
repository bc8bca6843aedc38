/** Every sentence the gateway says to people, in English: what frames and problems carry beside the code. */
import type { ErrorCode } from "./errors.ts";

export const ERROR_MESSAGES = {
  "bad-frame": "The message was not understood. Update or reload the page; if it persists, report it.",
  unauthenticated: "Sign in to use this chat.",
  forbidden: "You are not allowed to do this here.",
  "room-forbidden": "You do not have access to this room.",
  "frame-too-large": "The message is too large. Shorten it and send it again.",
  "version-unsupported": "This page is out of date. Reload it to continue.",
  "hello-timeout": "The connection took too long to start. Reconnecting.",
  "rate-limited": "Too many messages at once. Wait a moment.",
  "slow-reader": "The connection is too slow to keep up. Reconnecting.",
  internal: "Something went wrong on our side. Trying again.",
  draining: "The service is being updated. Reconnecting shortly.",
  "turn-conflict": "This message id was already used for another message. Send it again as a new one.",
  "turn-stale": "The conversation was cleared or this message was removed meanwhile. Send it again as a new one.",
  "turn-unknown": "There is no such message in this room.",
  "queue-full": "Too many questions are waiting in this room. Try again when one has been answered.",
  "turn-not-allowed": "This model or setting may not be used here. Choose another and send it again.",
  "unsupported-content": "Only text can be sent. Remove attachments and send it again.",
  "token-invalid": "The new sign-in was not accepted.",
  "turn-too-long": "The answer was too long and was cut off here.",
  "part-too-large": "A piece of the answer was too large to show.",
  "upstream-unreachable": "The assistant could not be reached. Try again in a moment.",
  "upstream-headers-timeout": "The assistant did not respond in time. Try again.",
  "upstream-first-token-timeout": "The assistant did not start answering in time. Try again.",
  "upstream-silence": "The assistant stopped sending in the middle of the answer.",
  "upstream-deadline": "The answer took too long and was ended.",
  "upstream-rate-limited": "The assistant is receiving too many requests. Try again shortly.",
  "upstream-unavailable": "The assistant is temporarily unavailable. Try again shortly.",
  "upstream-rejected": "The assistant did not accept this request.",
  "upstream-context-too-long":
    "This conversation is too long for the assistant. Clear it or start a new one, and ask a shorter question.",
  "upstream-content-policy": "The assistant's content rules don't allow this question. Rephrase it and ask again.",
  "upstream-auth-failed":
    "The assistant didn't accept the credentials of this chat. Sign in again, or contact support.",
  "upstream-quota-exceeded": "The assistant's quota is used up. Try again later, or contact support.",
  "upstream-token-lost": "The chat restarted and no longer has your sign-in for this question. Ask it again.",
  "upstream-malformed": "The assistant sent something that could not be read.",
  "upstream-unrecognized":
    "The assistant answered in a format that this service can't read. Its operator has to set it up.",
  "upstream-truncated": "The answer broke off before its end.",
  "upstream-circuit-open": "The assistant is having problems; requests are paused for a moment.",
  "bad-request": "The request was not understood.",
  "bad-room-name": "A room name is 1 to 128 of the characters A–Z, a–z, 0–9, '_', '.' and '-'.",
  "not-found": "There is nothing at this address.",
  "method-not-allowed": "This address does not take that method.",
  "room-full": "Too many connections in this room. Try again later.",
  "origin-forbidden": "This site may not use this chat.",
  "not-configured": "The service is not set up correctly.",
} as const satisfies Record<ErrorCode, string>;

/** Words on a wait. */
export const NOTICE_MESSAGES = {
  "upstream-retrying": "The assistant is busy. Trying again shortly.",
  "upstream-resuming": "The connection to the assistant was lost. Continuing the answer.",
  "waiting-for-rate": "Many questions were asked in the last minute. Yours waits its turn.",
  "upstream-slow-down": "The assistant is overloaded, so questions are passed on more slowly. Yours is waiting.",
  "upstream-paused": "The assistant is having problems; questions are paused for a moment.",
  "waiting-for-slot": "Many questions are being answered. Yours is waiting in line.",
  "token-expiring": "Your sign-in is about to expire.",
} as const;

export type NoticeCode = keyof typeof NOTICE_MESSAGES;
