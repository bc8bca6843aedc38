/**
 * The agent's tools. `streamText` runs the first two; `readTimeZone` has no `execute`, so the page answers it, and a person has
 * to approve `setReminder` before it runs.
 */
import { tool } from "ai";
import { z } from "zod";
import { wordsOf } from "../guide/words.ts";
import { searchPages } from "./reading-list.ts";

const page = z.object({ title: z.string(), url: z.string() });

/** The search tool returns this: first a preliminary state, then the pages. */
export const searchOutput = z.object({ status: z.enum(["searching", "found"]), pages: z.array(page) });
export const timeZoneOutput = z.object({ timeZone: z.string() });
export const reminderOutput = z.object({ set: z.literal(true), text: z.string(), timeZone: z.string() });
export const countOutput = z.object({ words: z.int(), lengths: z.array(z.int()) });

/** More bars than these make no readable picture. */
const maxBars = 16;

export const agentTools = {
  search: tool({
    title: "Search the reading list",
    description: "Finds pages that fit a question.",
    inputSchema: z.object({ query: z.string() }),
    outputSchema: searchOutput,
    async *execute({ query }): AsyncGenerator<z.infer<typeof searchOutput>> {
      yield { status: "searching", pages: [] };
      yield { status: "found", pages: searchPages(query).map(({ title, url }) => ({ title, url })) };
    },
  }),
  readTimeZone: tool({
    title: "Read your time zone",
    description: "The time zone of the person, as their browser knows it.",
    inputSchema: z.object({}),
    outputSchema: timeZoneOutput,
  }),
  setReminder: tool({
    title: "Set a reminder",
    description: "Sets a reminder, once the person has approved it.",
    inputSchema: z.object({ text: z.string(), timeZone: z.string() }),
    outputSchema: reminderOutput,
    needsApproval: true,
    // A service of your own would store it here, and check that whoever approved it may.
    execute: ({ text, timeZone }) => ({ set: true as const, text, timeZone }),
  }),
  countWords: tool({
    description: "Counts the words of a text, and the letters of each word.",
    inputSchema: z.object({ text: z.string() }),
    outputSchema: countOutput,
    execute: ({ text }) => {
      const words = wordsOf(text);
      return { words: words.length, lengths: words.slice(0, maxBars).map(({ length }) => length) };
    },
  }),
};
