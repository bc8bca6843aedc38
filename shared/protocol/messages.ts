/**
 * Every sentence the gateway says to people, once, in English and 简体中文. Frames carry the English one with the code;
 * a page that speaks Chinese looks the code up here.
 */
import type { ErrorCode } from "./errors.ts";

export const LOCALES = ["en", "zh-CN"] as const;
export type Locale = (typeof LOCALES)[number];
export type Message = Readonly<Record<Locale, string>>;

export const ERROR_MESSAGES = {
  "bad-frame": {
    en: "The message was not understood. Update or reload the page; if it persists, report it.",
    "zh-CN": "无法识别该消息。请更新或刷新页面；若问题依旧，请反馈。",
  },
  unauthenticated: { en: "Sign in to use this chat.", "zh-CN": "请先登录再使用此聊天。" },
  forbidden: { en: "You are not allowed to do this here.", "zh-CN": "您没有在此执行该操作的权限。" },
  "room-forbidden": { en: "You do not have access to this room.", "zh-CN": "您无权访问此房间。" },
  "frame-too-large": {
    en: "The message is too large. Shorten it and send it again.",
    "zh-CN": "消息过长。请缩短后重新发送。",
  },
  "version-unsupported": {
    en: "This page is out of date. Reload it to continue.",
    "zh-CN": "页面版本过旧。请刷新后继续。",
  },
  "hello-timeout": {
    en: "The connection took too long to start. Reconnecting.",
    "zh-CN": "连接建立超时，正在重新连接。",
  },
  "rate-limited": { en: "Too many messages at once. Wait a moment.", "zh-CN": "消息过于频繁，请稍候。" },
  "slow-reader": {
    en: "The connection is too slow to keep up. Reconnecting.",
    "zh-CN": "网络过慢，跟不上内容，正在重新连接。",
  },
  internal: { en: "Something went wrong on our side. Trying again.", "zh-CN": "服务出现问题，正在重试。" },
  draining: { en: "The service is being updated. Reconnecting shortly.", "zh-CN": "服务正在更新，稍后将重新连接。" },
  "turn-conflict": {
    en: "This message id was already used for another message. Send it again as a new one.",
    "zh-CN": "该消息编号已用于其他消息。请作为新消息重新发送。",
  },
  "turn-stale": {
    en: "The conversation was cleared or this message was removed meanwhile. Send it again as a new one.",
    "zh-CN": "对话已被清空或该消息已被移除。请作为新消息重新发送。",
  },
  "turn-unknown": { en: "There is no such message in this room.", "zh-CN": "此房间中没有该消息。" },
  "queue-full": {
    en: "Too many questions are waiting in this room. Try again when one has been answered.",
    "zh-CN": "此房间等待回答的问题过多。请在有回答完成后再试。",
  },
  "unsupported-content": {
    en: "Only text can be sent. Remove attachments and send it again.",
    "zh-CN": "仅支持发送文本。请移除附件后重新发送。",
  },
  "token-invalid": { en: "The new sign-in was not accepted.", "zh-CN": "新的登录凭证未被接受。" },
  "turn-too-long": { en: "The answer was too long and was cut off here.", "zh-CN": "回答过长，已在此处截断。" },
  "part-too-large": { en: "A piece of the answer was too large to show.", "zh-CN": "回答中有一部分过大，无法显示。" },
  "upstream-unreachable": {
    en: "The assistant could not be reached. Try again in a moment.",
    "zh-CN": "无法连接到助手服务。请稍后再试。",
  },
  "upstream-headers-timeout": {
    en: "The assistant did not respond in time. Try again.",
    "zh-CN": "助手服务未及时响应。请重试。",
  },
  "upstream-first-token-timeout": {
    en: "The assistant did not start answering in time. Try again.",
    "zh-CN": "助手未能及时开始回答。请重试。",
  },
  "upstream-silence": {
    en: "The assistant stopped sending in the middle of the answer.",
    "zh-CN": "助手在回答过程中停止了输出。",
  },
  "upstream-deadline": { en: "The answer took too long and was ended.", "zh-CN": "回答耗时过长，已被终止。" },
  "upstream-rate-limited": {
    en: "The assistant is receiving too many requests. Try again shortly.",
    "zh-CN": "助手当前请求过多。请稍后再试。",
  },
  "upstream-unavailable": {
    en: "The assistant is temporarily unavailable. Try again shortly.",
    "zh-CN": "助手暂时不可用。请稍后再试。",
  },
  "upstream-rejected": { en: "The assistant did not accept this request.", "zh-CN": "助手未接受此请求。" },
  "upstream-malformed": {
    en: "The assistant sent something that could not be read.",
    "zh-CN": "助手返回的内容无法解析。",
  },
  "upstream-truncated": { en: "The answer broke off before its end.", "zh-CN": "回答在结束前中断了。" },
  "upstream-circuit-open": {
    en: "The assistant is having problems; requests are paused for a moment.",
    "zh-CN": "助手服务出现故障，请求已暂停片刻。",
  },
  "bad-request": { en: "The request was not understood.", "zh-CN": "无法识别该请求。" },
  "bad-room-name": {
    en: "A room name is 1 to 128 of the characters A–Z, a–z, 0–9, '_', '.' and '-'.",
    "zh-CN": "房间名须为 1 至 128 个字符，仅限 A–Z、a–z、0–9、“_”、“.”和“-”。",
  },
  "not-found": { en: "There is nothing at this address.", "zh-CN": "该地址下没有内容。" },
  "method-not-allowed": { en: "This address does not take that method.", "zh-CN": "该地址不支持此请求方法。" },
  "room-full": { en: "Too many connections in this room. Try again later.", "zh-CN": "此房间连接数过多。请稍后再试。" },
  "origin-forbidden": { en: "This site may not use this chat.", "zh-CN": "该网站无权使用此聊天。" },
  "not-configured": { en: "The service is not set up correctly.", "zh-CN": "服务配置不正确。" },
} as const satisfies Record<ErrorCode, Message>;

export const NOTICE_MESSAGES = {
  "upstream-retrying": { en: "The assistant is busy. Trying again shortly.", "zh-CN": "助手正忙，稍后自动重试。" },
  "upstream-resuming": {
    en: "The connection to the assistant was lost. Continuing the answer.",
    "zh-CN": "与助手的连接中断，正在继续该回答。",
  },
  "waiting-for-rate": {
    en: "Many questions were asked in the last minute. Yours waits its turn.",
    "zh-CN": "最近一分钟内提问较多，您的问题正在等待。",
  },
  "upstream-slow-down": {
    en: "The assistant is overloaded, so questions are passed on more slowly. Yours is waiting.",
    "zh-CN": "助手负载较高，提问正在放慢转发，您的问题正在等待。",
  },
  "upstream-paused": {
    en: "The assistant is having problems; questions are paused for a moment.",
    "zh-CN": "助手服务出现故障，提问已暂停片刻。",
  },
  "waiting-for-slot": {
    en: "Many questions are being answered. Yours is next in line.",
    "zh-CN": "当前提问较多，您的问题正在排队。",
  },
  "token-expiring": { en: "Your sign-in is about to expire.", "zh-CN": "您的登录即将过期。" },
} as const satisfies Record<string, Message>;

/** The sentence for a code in a locale; a code of a newer server falls back to what the frame said. */
export function messageFor(code: string, locale: Locale, fallback = code): string {
  const table: Readonly<Record<string, Message>> = { ...ERROR_MESSAGES, ...NOTICE_MESSAGES };
  return table[code]?.[locale] ?? fallback;
}
