/** KaTeX and its styles, in a module of their own: only answers with formulas load it. */
/// <reference types="vite/client" />
import katex from "katex";
import "katex/dist/katex.min.css";

/** Bounds the work of macros and the size of what is drawn; a formula from outside may not load or link anything. */
const limits = { maxExpand: 200, maxSize: 20, trust: false } as const;

/** False when the formula is not understood. */
export function renderFormula(element: HTMLElement, tex: string, isDisplay: boolean): boolean {
  try {
    katex.render(tex, element, { ...limits, displayMode: isDisplay, throwOnError: true, strict: "ignore" });
    return true;
  } catch {
    return false; // Not TeX, not supported, or nested too deeply.
  }
}
