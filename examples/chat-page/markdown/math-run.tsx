/** A formula. Shows its source until KaTeX, which is loaded with the first formula, has drawn it; also when KaTeX refuses it. */
import { useEffect, useRef } from "react";
import { runInSlices } from "../ui/run-in-slices.ts";

interface MathRunProps {
  readonly tex: string;
  readonly source: string;
  readonly isDisplay: boolean;
}

export function MathRun({ tex, source, isDisplay }: MathRunProps) {
  const host = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    element.textContent = source;
    const leaving = new AbortController();
    void drawFormula(element, { tex, source, isDisplay }, leaving.signal);
    return () => leaving.abort();
  }, [tex, source, isDisplay]);
  return isDisplay ? (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard (WCAG 2.1.1).
    <span ref={host} className="math-display" dir="ltr" translate="no" tabIndex={0} role="math" aria-label={tex} />
  ) : (
    <span ref={host} className="math-inline" dir="ltr" translate="no" />
  );
}

async function drawFormula(element: HTMLElement, formula: MathRunProps, signal: AbortSignal): Promise<void> {
  try {
    const { renderFormula } = await import("./katex.ts");
    runInSlices(() => {
      if (!signal.aborted && !renderFormula(element, formula.tex, formula.isDisplay)) {
        element.textContent = formula.source;
      }
    });
  } catch {
    // Without the network the module does not load. The source is legible.
  }
}
