/**
 * The messages of the gateway in English, by error code and notice code. Frames and HTTP problems carry them beside the code.
 * Each states the problem, then the action.
 */
import type { ErrorCode } from "./errors.ts";

export const ERROR_MESSAGES = {
  "bad-frame": "The message was not understood. Reload the page. If it happens again, report it.",
  unauthenticated: "Sign in to use this chat.",
  forbidden: "You don't have permission for this. Ask the owner of this chat for access.",
  "room-forbidden": "You don't have access to this room. Open another room, or ask its owner for access.",
  "frame-too-large": "The message is too large. Shorten it and send it again.",
  "version-unsupported": "This page is out of date. Reload it to continue.",
  "hello-timeout": "The connection took too long to start. We'll try again.",
  "rate-limited": "You sent too many messages at once. Wait a moment, then try again.",
  "slow-reader": "Your connection is too slow to keep up. We'll connect again.",
  internal: "Something went wrong on our side. We'll try again.",
  draining: "The service is being updated. We'll reconnect in a moment.",
  "turn-conflict": "This message id was already used for another message. Send it again as a new message.",
  "turn-stale": "The conversation was cleared, or this message was removed. Send it again as a new message.",
  "turn-unknown": "This message is no longer in the room. Send it again as a new message.",
  "queue-full": "Too many questions are waiting in this room. Try again when one has been answered.",
  "turn-not-allowed": "This model or setting can't be used here. Choose another one and send the message again.",
  "prompt-too-large": "The question is too large. Shorten it or remove attachments, and send it again.",
  "call-unknown": "This isn't waiting for an answer. Reload the page to see what is.",
  "answer-expired": "The time to answer this is over. Ask the question again.",
  "already-answered": "This was already answered in the same way. Nothing more is needed.",
  "unsupported-content": "This kind of attachment can't be sent. Remove it and send the message again.",
  "token-invalid": "Your new sign-in was not accepted. Sign in again.",
  "turn-too-long": "The answer was too long and was cut off here. Ask for the rest in a new question.",
  "part-too-large": "A part of the answer was too large to show. Ask for a shorter answer.",
  "upstream-unreachable": "The assistant could not be reached. Try again in a moment.",
  "upstream-headers-timeout": "The assistant did not respond in time. Try again.",
  "upstream-first-token-timeout": "The assistant did not start answering in time. Try again.",
  "upstream-silence": "The assistant stopped in the middle of the answer. Try again.",
  "upstream-deadline": "The answer took too long and was ended. Ask a shorter question.",
  "upstream-rate-limited": "The assistant is receiving too many requests. Try again shortly.",
  "upstream-unavailable": "The assistant is temporarily unavailable. Try again shortly.",
  "upstream-rejected": "The assistant did not accept this question. Change it and ask again.",
  "upstream-context-too-long":
    "This conversation is too long for the assistant. Clear it or start a new one, and ask a shorter question.",
  "upstream-content-policy": "The assistant's content rules don't allow this question. Rephrase it and ask again.",
  "upstream-auth-failed":
    "The assistant didn't accept the credentials of this chat. Sign in again, or contact support.",
  "upstream-quota-exceeded": "The assistant's quota is used up. Try again later, or contact support.",
  "upstream-token-lost": "The chat restarted and no longer has your sign-in for this question. Ask it again.",
  "upstream-malformed": "The assistant sent an answer that can't be read. Try again.",
  "upstream-unrecognized":
    "The assistant answered in a format that this service can't read. Its operator has to set it up.",
  "upstream-truncated": "The answer broke off before its end. Try again.",
  "upstream-circuit-open": "The assistant has failed several times, so questions are paused. Try again in a moment.",
  "file-unknown": "This file isn't in this conversation any more. Attach it again.",
  "file-expired": "The address of this file has expired. Reload the conversation for a new one.",
  "file-too-large": "This file is too large. Attach a smaller one.",
  "file-type-refused": "Files of this type can't be attached here. Attach another kind of file.",
  "file-conflict": "Another file was already uploaded under this id. Attach the file again.",
  "too-many-files": "This conversation has as many files as it may have. Remove some, or start another conversation.",
  "uploads-off":
    "Files can't be uploaded here. Send the message without them, or ask the operator to set up file storage.",
  "bad-request": "The request was not understood. Correct it and send it again.",
  "bad-room-name": "This room name isn't valid. Use 1 to 128 of the characters A–Z, a–z, 0–9, '_', '.' and '-'.",
  "not-found": "Nothing was found at this address. Check the address.",
  "method-not-allowed": "This address doesn't support this method. Use one of the methods in the Allow header.",
  "room-full": "This room has too many connections. Try again later.",
  "origin-forbidden":
    "This website isn't allowed to use this chat. Its operator has to add the website to ALLOWED_ORIGINS.",
  "not-configured": "This service isn't set up correctly. Its operator has to correct the settings.",
} as const satisfies Record<ErrorCode, string>;

/** Messages about a wait. */
export const NOTICE_MESSAGES = {
  "upstream-retrying": "The assistant is busy. Trying again shortly.",
  "upstream-resuming": "The connection to the assistant was lost. Continuing the answer.",
  "waiting-for-rate": "Many questions were asked in the last minute. Yours is queued.",
  "upstream-slow-down": "The assistant is overloaded. Your question is queued and will take longer than usual.",
  "upstream-paused": "The assistant has failed several times, so questions are paused. Yours is queued.",
  "waiting-for-concurrency": "Many questions are being answered. Yours is queued.",
  "token-expiring": "Your sign-in is about to expire. Sign in again to stay connected.",
} as const;

/** Messages about faults that the client finds itself. The room never sends these codes. */
export const CLIENT_MESSAGES = {
  "request-blocked":
    "A firewall or proxy blocked this request. Change the text, or use another network, and try again.",
  "websocket-blocked":
    "A firewall or proxy blocks the connection that this chat needs. Use another network, or wait. We'll keep trying.",
  "gateway-unrecognized":
    "Something else than the chat service answers at its address. Use another network, or report it. We'll keep trying.",
  unreachable: "The room could not be reached. Check your connection and try again.",
} as const;

export type ClientCode = keyof typeof CLIENT_MESSAGES;
export type NoticeCode = keyof typeof NOTICE_MESSAGES;
