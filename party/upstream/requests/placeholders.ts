/**
 * Fills the placeholders of paths, queries and bodies: `{prompt}`, `{room}` and so on. A placeholder without a value is left
 * out of a body and is empty within a text.
 */
import type { JsonTemplate } from "./request-setting.ts";

/** Every placeholder, with its value for one request. Those of `texts` may stand in a path. */
export interface PlaceholderValues {
  readonly prompt: string;
  readonly room: string;
  readonly generation: string;
  readonly user: string | undefined;
  readonly conversation: string | undefined;
  readonly provider: string | undefined;
  readonly model: string | undefined;
  readonly messages: readonly unknown[];
  /** Of the question: text, files and data. */
  readonly parts: readonly unknown[];
  /** To the calls that the last message left open; undefined for a question. */
  readonly answers: readonly unknown[] | undefined;
  readonly params: Readonly<Record<string, unknown>> | undefined;
}

export type PlaceholderName = keyof PlaceholderValues;

/** Where a placeholder may stand: a conversation is known after the first answer only, and a list isn't a path. */
export const pathPlaceholders: readonly PlaceholderName[] = ["room", "user", "generation", "provider", "model"];
export const placeholderNames: readonly PlaceholderName[] = [
  ...pathPlaceholders,
  "conversation",
  "prompt",
  "messages",
  "parts",
  "answers",
  "params",
];

const pattern = /\{([a-z]+)\}/g;

/** Names between braces, known or not. */
export function placeholdersIn(template: string): string[] {
  return [...template.matchAll(pattern)].map(([, name = ""]) => name);
}

/**
 * A path with its placeholders filled, each as one segment or query value. Undefined where a value would change the path's
 * meaning: "." and ".." are removed by every URL parser, encoded or not.
 */
export function fillPath(template: string, values: PlaceholderValues): string | undefined {
  let isSafe = true;
  const path = template.replace(pattern, (_, name: string) => {
    const value = textOf(values[name as PlaceholderName]);
    if (value === "." || value === "..") isSafe = false;
    // A lone surrogate would make the encoder throw.
    return encodeURIComponent(value.toWellFormed());
  });
  return isSafe ? path : undefined;
}

export function fillText(template: string, values: PlaceholderValues): string {
  return template.replace(pattern, (_, name: string) => textOf(values[name as PlaceholderName]));
}

/** A string that is one placeholder becomes its value, as JSON has it; undefined: nothing to send. */
export function fillJson(template: JsonTemplate, values: PlaceholderValues): unknown {
  if (typeof template === "string") {
    const [, alone] = /^\{([a-z]+)\}$/.exec(template) ?? [];
    return alone === undefined ? fillText(template, values) : values[alone as PlaceholderName];
  }
  if (typeof template !== "object" || template === null) return template;
  if (Array.isArray(template)) {
    return template.map((item: JsonTemplate) => fillJson(item, values)).filter((item) => item !== undefined);
  }
  const entries = Object.entries(template).map(([key, item]) => [key, fillJson(item, values)] as const);
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}

/** Every string of a template. */
export function stringsIn(template: JsonTemplate): string[] {
  if (typeof template === "string") return [template];
  if (typeof template !== "object" || template === null) return [];
  return Object.values(template).flatMap(stringsIn);
}

function textOf(value: PlaceholderValues[PlaceholderName]): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
