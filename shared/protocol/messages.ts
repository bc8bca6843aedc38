/** Selects the gateway's messages by code and language, for pages. The server uses `messages-en.ts` alone. */
import { CLIENT_MESSAGES, ERROR_MESSAGES, NOTICE_MESSAGES } from "./messages-en.ts";
import { CLIENT_MESSAGES_ZH_CN, ERROR_MESSAGES_ZH_CN, NOTICE_MESSAGES_ZH_CN } from "./messages-zh-cn.ts";

export const LOCALES = ["en", "zh-CN"] as const;
export type Locale = (typeof LOCALES)[number];

export const MESSAGES: Readonly<Record<Locale, Readonly<Record<string, string>>>> = {
  en: { ...ERROR_MESSAGES, ...NOTICE_MESSAGES, ...CLIENT_MESSAGES },
  "zh-CN": { ...ERROR_MESSAGES_ZH_CN, ...NOTICE_MESSAGES_ZH_CN, ...CLIENT_MESSAGES_ZH_CN },
};

/** The message for a code in a language. A code of a newer server gets `fallback`, the message that the frame carried. */
export function messageFor(code: string, locale: Locale, fallback = code): string {
  const table = MESSAGES[locale];
  return (Object.hasOwn(table, code) ? table[code] : undefined) ?? fallback;
}
