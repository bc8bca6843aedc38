/**
 * One action for a double-click. An action often removes its button, and the next button then stands under the pointer: the
 * second click of a double-click would press that one. Put the result on a container as `onClickCapture`.
 */
import { type MouseEvent, useCallback, useRef } from "react";

/** Browsers count the clicks of a double-click; some start anew when another element is under the pointer. */
const doubleClickMs = 300;
/** Two clicks nearer than this are on the same place. */
const samePlacePx = 8;

interface Click {
  readonly at: number;
  readonly x: number;
  readonly y: number;
  readonly control: Element;
}

export function useSingleAction(): (event: MouseEvent) => void {
  const last = useRef<Click>(undefined);
  return useCallback((event: MouseEvent) => {
    const control = event.target instanceof Element ? event.target.closest("button") : null;
    // A click by the keyboard has no place, and its button keeps the focus or gives it away.
    if (control === null || event.detail === 0) return;
    const { timeStamp: at, clientX: x, clientY: y } = event;
    const before = last.current;
    last.current = { at, x, y, control };
    if (before === undefined) return;
    const isSamePlace = Math.hypot(x - before.x, y - before.y) <= samePlacePx;
    const isSecond = event.detail > 1 || (isSamePlace && at - before.at <= doubleClickMs);
    // The same button twice is a toggle (a fold) as long as it says so.
    const isToggle = before.control === control && control.hasAttribute("aria-expanded");
    if (!isSecond || isToggle) return;
    event.preventDefault();
    event.stopPropagation();
  }, []);
}
