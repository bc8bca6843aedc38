/** The shapes of public backends, given and written down, as the tests through the real runtime ask for them. */
import { defined } from "../../../shared/defined.ts";
import given from "./backend-shapes.json" with { type: "json" };
import { commonShapes } from "./common-shapes.ts";
import { homeMadeShapes } from "./home-made-shapes.ts";
import { productShapes } from "./product-shapes.ts";
import { projectShapes } from "./project-shapes.ts";
import { publicShapes } from "./public-shapes.ts";
import type { PublicShape } from "./shape-parts.ts";
import { variedShapes } from "./varied-shapes.ts";

/** All that are written down. */
export const writtenShapes: readonly PublicShape[] = [
  ...publicShapes,
  ...productShapes,
  ...homeMadeShapes,
  ...projectShapes,
  ...variedShapes,
  ...commonShapes,
];

export interface ServedShape {
  readonly name: string;
  readonly contentType: string;
  readonly events: readonly string[];
  readonly text: string;
  readonly reasoning: string;
  readonly failure?: readonly string[];
  readonly textBefore: string;
}

export const servedShapes: readonly ServedShape[] = [
  ...given.map((shape) => ({
    name: shape.id,
    contentType: shape.contentType,
    events: shape.events,
    text: shape.expectedText,
    reasoning: shape.expectedReasoning ?? "",
    // Nothing in its bytes tells this failure from an answer: a setting does.
    ...(shape.errorForm === undefined || shape.id === "s20-error-as-plain-text" ? {} : { failure: shape.errorForm }),
    textBefore: shape.errorExpectedText ?? "",
  })),
  ...writtenShapes.map((shape) => ({
    name: shape.name,
    contentType: shape.contentType ?? "text/event-stream",
    events: shape.events,
    text: shape.text,
    reasoning: shape.reasoning ?? "",
    ...defined({ failure: shape.failure }),
    textBefore: "Hello",
  })),
];
