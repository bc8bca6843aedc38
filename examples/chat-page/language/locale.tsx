/** The language of the page: taken from the browser, changed by the user, remembered. Components use `useStrings()`. */
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { readItem, writeItem } from "../../../client/react.tsx";
import { LOCALES, type Locale } from "../../../shared/index.ts";
import { STRINGS, type Strings } from "./strings.ts";

const storageKey = "edge-chat.locale";

/** Returns the first of the browser's languages that the page has. Every Chinese gets Simplified Chinese. */
export function chooseLocale(languages: readonly string[], remembered: string | undefined): Locale {
  const known = LOCALES.find((locale) => locale === remembered);
  if (known !== undefined) return known;
  for (const language of languages) {
    if (/^zh\b/i.test(language)) return "zh-CN";
    if (/^en\b/i.test(language)) return "en";
  }
  return "en";
}

interface LocaleChoice {
  readonly locale: Locale;
  readonly setLocale: (locale: Locale) => void;
}

const LocaleContext = createContext<LocaleChoice>({ locale: "en", setLocale: () => {} });

export function LocaleProvider({ initial, children }: { readonly initial?: Locale; readonly children?: ReactNode }) {
  const [locale, setLocale] = useState<Locale>(
    () => initial ?? chooseLocale(navigator.languages, readItem("local", storageKey)),
  );
  useEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);
  const choose = useCallback((next: Locale) => {
    writeItem("local", storageKey, next);
    setLocale(next);
  }, []);
  const choice = useMemo(() => ({ locale, setLocale: choose }), [locale, choose]);
  return <LocaleContext value={choice}>{children}</LocaleContext>;
}

export function useLocale(): LocaleChoice {
  return useContext(LocaleContext);
}

export function useStrings(): Strings {
  return STRINGS[useContext(LocaleContext).locale];
}
