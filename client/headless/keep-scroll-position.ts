/**
 * Keeps the text that someone reads where it is when older turns are inserted before it, and the keyboard's focus in the log.
 * Older turns may change their height after they were inserted, because a page formats them later. The position is held until
 * the person scrolls, types or points.
 */
import { Component, type ReactNode, type RefObject } from "react";

export interface KeepPlaceProps {
  readonly scrollRef: RefObject<HTMLElement | null>;
  /** Id of the first turn: when another one comes to stand before it, what is being read stays where it is. */
  readonly first: string | undefined;
  readonly children: ReactNode;
}

interface HeldTurn {
  readonly turn: Element;
  /** The distance of its upper edge from the top of the window, in pixels. */
  readonly top: number;
}

/** Events by which a person takes the position into their own hands. */
const takeOverEvents = ["wheel", "touchmove", "pointerdown", "keydown"] as const;

interface Place {
  /** The turn that is being read, and where it is. Only when turns are inserted before the first. */
  readonly held: HeldTurn | undefined;
  readonly focused: Element | null;
}

/** A class, because React has no other means to read what was on the screen before a change. */
export class KeepPlace extends Component<KeepPlaceProps> {
  #release: (() => void) | undefined;

  override getSnapshotBeforeUpdate(before: KeepPlaceProps): Place {
    const { scrollRef, first } = this.props;
    const scroll = scrollRef.current;
    const isSame = before.first === first || before.first === undefined || scroll === null;
    return { held: isSame ? undefined : turnBeingRead(scroll), focused: document.activeElement };
  }

  override componentDidUpdate(_props: KeepPlaceProps, _state: unknown, { held, focused }: Place): void {
    const scroll = this.props.scrollRef.current;
    if (scroll === null) return;
    if (held !== undefined) this.#hold(scroll, held);
    // The control after its last page, or one in a turn that someone removed: the keyboard goes on from the log.
    if (focused?.isConnected === false) scroll.focus({ preventScroll: true });
  }

  override componentWillUnmount(): void {
    this.#release?.();
  }

  override render(): ReactNode {
    return this.props.children;
  }

  #hold(scroll: HTMLElement, { turn, top }: HeldTurn): void {
    this.#release?.();
    const restore = () => {
      const moved = turn.getBoundingClientRect().top - top;
      // A browser that anchors the position by itself has moved it back already.
      if (turn.isConnected && Math.abs(moved) >= 1) scroll.scrollTop += moved;
    };
    restore();
    // A runtime without layout has nothing to hold.
    if (typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(restore);
    for (const child of scroll.children) observer.observe(child);
    const release = () => {
      observer.disconnect();
      for (const event of takeOverEvents) document.removeEventListener(event, release, true);
      if (this.#release === release) this.#release = undefined;
    };
    for (const event of takeOverEvents) document.addEventListener(event, release, { capture: true, passive: true });
    this.#release = release;
  }
}

/** The first turn of which something is visible, or the first of all. */
function turnBeingRead(scroll: HTMLElement): HeldTurn | undefined {
  const edge = scroll.getBoundingClientRect().top;
  const turns = [...scroll.querySelectorAll("article")];
  const turn = turns.find((each) => each.getBoundingClientRect().bottom > edge) ?? turns[0];
  return turn === undefined ? undefined : { turn, top: turn.getBoundingClientRect().top };
}
