/**
 * Selects the sentences of the page by language. Messages about errors and waits come from the gateway and stand in
 * `shared/protocol/messages.ts`.
 */
import type { Locale } from "../../../shared/index.ts";
import { type Strings, stringsEn } from "./strings-en.ts";
import { stringsZhCn } from "./strings-zh-cn.ts";

export type { Strings };
export const STRINGS: Readonly<Record<Locale, Strings>> = { en: stringsEn, "zh-CN": stringsZhCn };
