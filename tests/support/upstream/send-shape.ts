/** Serves the shapes of public backends by HTTP: each event in a write of its own, so that the gateway reads them apart. */
import type { ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";
import { servedShapes } from "./served-shapes.ts";

/** A prompt that asks for a shape: `shape:<index>` for the answer, `shape:<index>:<events>` for a failure after so many. */
export function isShapePrompt(prompt: string): boolean {
  return prompt.startsWith("shape:");
}

export async function sendShape(prompt: string, response: ServerResponse): Promise<void> {
  const [, index = "", before] = prompt.split(":");
  const shape = servedShapes[Number(index)];
  if (shape === undefined) {
    response.writeHead(404).end();
    return;
  }
  const events =
    before === undefined ? shape.events : [...shape.events.slice(0, Number(before)), ...(shape.failure ?? [])];
  response.writeHead(200, { "content-type": shape.contentType });
  for (const event of events) {
    response.write(event);
    await setImmediate();
  }
  response.end();
}
