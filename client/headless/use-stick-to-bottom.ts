/** Keeps the end of a growing conversation in view, but only for a reader who is at the end. */
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";

/** Nearer to the end than this counts as being there: about one line, and forgiving of rounding when zoomed. */
const slackPx = 40;
/** A reader who scrolls up isn't brought back for this long, even from near the end: browsers animate the scroll of a key or a wheel. */
const leavingMs = 300;
const keysUp = new Set(["Home", "PageUp", "ArrowUp"]);

export interface StickToBottom {
  readonly scrollRef: RefObject<HTMLDivElement | null>;
  readonly contentRef: RefObject<HTMLDivElement | null>;
  readonly isAtBottom: boolean;
  readonly jump: () => void;
}

/** Not `isActive` while there is nothing to follow: a first page is read from its top. */
export function useStickToBottom(isActive: boolean): StickToBottom {
  const scrollRef = useRef<HTMLDivElement>(null);
  const contentRef = useRef<HTMLDivElement>(null);
  const [isAtBottom, setAtBottom] = useState(true);
  const isSticking = useRef(true);

  const jump = useCallback(() => {
    const scroll = scrollRef.current;
    if (scroll === null) return;
    isSticking.current = true;
    setAtBottom(true);
    scroll.scrollTop = scroll.scrollHeight;
  }, []);

  useEffect(() => {
    const scroll = scrollRef.current;
    const content = contentRef.current;
    if (!isActive || scroll === null || content === null) return undefined;
    let lastTop = scroll.scrollTop;
    let leftAt = Number.NEGATIVE_INFINITY;
    const leave = () => {
      isSticking.current = false;
      leftAt = performance.now();
    };
    const onScroll = () => {
      const isNear = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight <= slackPx;
      // Only going up leaves the end. Being far from it does not: the text may have grown since our own scroll was made.
      if (scroll.scrollTop < lastTop) leave();
      else if (isNear && (scroll.scrollTop > lastTop || performance.now() - leftAt > leavingMs))
        isSticking.current = true;
      lastTop = scroll.scrollTop;
      setAtBottom(isSticking.current || isNear);
    };
    // Covers new text, a fold opened, and a phone's keyboard taking its room.
    const observer = new ResizeObserver(() => {
      if (!isSticking.current) return onScroll();
      scroll.scrollTop = scroll.scrollHeight;
      // Text that shrinks (its marks become formatting) also moves the position up, but nobody has scrolled.
      lastTop = scroll.scrollTop;
    });
    // Browsers animate the scroll of a key towards where the end was, or away from it; new text must not undo the first steps.
    const onKeyDown = ({ key, target }: KeyboardEvent) => {
      if (key === "End") jump();
      else if (keysUp.has(key) && !isEditable(target) && scroll.scrollTop > 0) leave();
    };
    const onWheel = ({ deltaY }: WheelEvent) => {
      if (deltaY < 0 && scroll.scrollTop > 0) leave();
    };
    scroll.addEventListener("wheel", onWheel, { passive: true });
    scroll.addEventListener("scroll", onScroll, { passive: true });
    scroll.addEventListener("keydown", onKeyDown);
    observer.observe(content);
    observer.observe(scroll);
    return () => {
      scroll.removeEventListener("wheel", onWheel);
      scroll.removeEventListener("scroll", onScroll);
      scroll.removeEventListener("keydown", onKeyDown);
      observer.disconnect();
    };
  }, [isActive, jump]);

  return { scrollRef, contentRef, isAtBottom, jump };
}

function isEditable(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}
