/** Keeps the end of a growing conversation in view, but only for a reader who is at the end. */
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";

/** Nearer to the end than this counts as being there: about one line, and forgiving of rounding when zoomed. */
const slackPx = 40;

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
    const onScroll = () => {
      const isNear = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight <= slackPx;
      // Only going up leaves the end. Being far from it does not: the text may have grown since our own scroll was made.
      const isLeaving = scroll.scrollTop < lastTop;
      lastTop = scroll.scrollTop;
      isSticking.current = isNear || (isSticking.current && !isLeaving);
      setAtBottom(isSticking.current);
    };
    // Covers new text, a fold opened, and a phone's keyboard taking its room.
    const observer = new ResizeObserver(() => {
      if (!isSticking.current) return onScroll();
      scroll.scrollTop = scroll.scrollHeight;
      // Text that shrinks (its marks become formatting) also moves the position up, but nobody has scrolled.
      lastTop = scroll.scrollTop;
    });
    // Browsers animate the scroll of the End key towards where the end was; the text grows meanwhile and the end is missed.
    const onKeyDown = ({ key }: KeyboardEvent) => {
      if (key === "End") jump();
    };
    scroll.addEventListener("scroll", onScroll, { passive: true });
    scroll.addEventListener("keydown", onKeyDown);
    observer.observe(content);
    observer.observe(scroll);
    return () => {
      scroll.removeEventListener("scroll", onScroll);
      scroll.removeEventListener("keydown", onKeyDown);
      observer.disconnect();
    };
  }, [isActive, jump]);

  return { scrollRef, contentRef, isAtBottom, jump };
}
