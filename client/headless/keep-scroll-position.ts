/** Keeps what is being read where it is when older turns come to stand before it, and the keyboard's focus in the log. */
import { Component, type ReactNode, type RefObject } from "react";

export interface KeepPlaceProps {
  readonly scrollRef: RefObject<HTMLElement | null>;
  /** Id of the first turn: when another one comes to stand before it, what is being read stays where it is. */
  readonly first: string | undefined;
  readonly children: ReactNode;
}

interface Place {
  /** From the end of the log up to what is at the top of the window. Only where turns came to stand before the first. */
  readonly fromEnd: number | undefined;
  readonly focused: Element | null;
}

/** A class, because what was on the screen before a change can be read by no other means React has. */
export class KeepPlace extends Component<KeepPlaceProps> {
  override getSnapshotBeforeUpdate(before: KeepPlaceProps): Place {
    const { scrollRef, first } = this.props;
    const scroll = scrollRef.current;
    const isSame = before.first === first || before.first === undefined || scroll === null;
    return { fromEnd: isSame ? undefined : scroll.scrollHeight - scroll.scrollTop, focused: document.activeElement };
  }

  override componentDidUpdate(_props: KeepPlaceProps, _state: unknown, { fromEnd, focused }: Place): void {
    const scroll = this.props.scrollRef.current;
    if (scroll === null) return;
    if (fromEnd !== undefined) scroll.scrollTop = scroll.scrollHeight - fromEnd;
    // The control after its last page, or one in a turn that someone removed: the keyboard goes on from the log.
    if (focused?.isConnected === false) scroll.focus({ preventScroll: true });
  }

  override render(): ReactNode {
    return this.props.children;
  }
}
