/** Loads the greeting and the suggested questions of the backend (`GET /context`). The page works without them. */
import { LOCALES, type Locale } from "../../../shared/index.ts";

export type Localised = Readonly<Record<Locale, string>>;

export interface PageContext {
  readonly greeting?: Localised;
  readonly suggestions: readonly Localised[];
}

export const EMPTY_CONTEXT: PageContext = { suggestions: [] };

/** More suggestions than this would not be read. */
const maxSuggestions = 6;

export function parsePageContext(value: unknown): PageContext {
  const { greeting, suggestions } = isRecord(value) ? value : {};
  return {
    ...(isLocalised(greeting) ? { greeting } : {}),
    suggestions: Array.isArray(suggestions) ? suggestions.filter(isLocalised).slice(0, maxSuggestions) : [],
  };
}

export async function loadPageContext(signal: AbortSignal): Promise<PageContext> {
  try {
    const response = await fetch("/context", { signal, headers: { accept: "application/json" } });
    return response.ok ? parsePageContext(await response.json()) : EMPTY_CONTEXT;
  } catch {
    return EMPTY_CONTEXT; // No backend, no network or not JSON: the page's own greeting will do.
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isLocalised(value: unknown): value is Localised {
  return isRecord(value) && LOCALES.every((locale) => typeof value[locale] === "string" && value[locale] !== "");
}
