/**
 * The gateway's sentences by code and language, for pages. Frames carry the English one; a page that speaks another language
 * looks the code up here.
 */
import { ERROR_MESSAGES, NOTICE_MESSAGES } from "./messages-en.ts";
import { ERROR_MESSAGES_ZH_CN, NOTICE_MESSAGES_ZH_CN } from "./messages-zh-cn.ts";

export const LOCALES = ["en", "zh-CN"] as const;
export type Locale = (typeof LOCALES)[number];

export const MESSAGES: Readonly<Record<Locale, Readonly<Record<string, string>>>> = {
  en: { ...ERROR_MESSAGES, ...NOTICE_MESSAGES },
  "zh-CN": { ...ERROR_MESSAGES_ZH_CN, ...NOTICE_MESSAGES_ZH_CN },
};

/** The sentence for a code in a locale; a code of a newer server falls back to what the frame said. */
export function messageFor(code: string, locale: Locale, fallback = code): string {
  const table = MESSAGES[locale];
  return (Object.hasOwn(table, code) ? table[code] : undefined) ?? fallback;
}
