/** The way back into a long conversation: a control at the top of the log, and the reader's place kept when turns appear there. */
import { Component, type ReactNode, type RefObject } from "react";
import { ERRORS } from "../../shared/protocol/errors.ts";
import { messageFor } from "../../shared/protocol/messages.ts";
import type { OlderState } from "../api.ts";
import { Icon } from "./icons.tsx";
import { useLocale, useStrings } from "./locale.tsx";

interface OlderProps {
  readonly older: OlderState;
  readonly onLoad: () => void;
}

export function Older({ older, onLoad }: OlderProps) {
  const strings = useStrings();
  const { locale } = useLocale();
  const isLoading = older.state === "loading";
  if (older.state === "none") return null;
  const said = older.state === "failed" ? [strings.olderFailed] : [];
  if (older.state === "failed" && Object.hasOwn(ERRORS, older.error.code)) {
    said.push(messageFor(older.error.code, locale, older.error.message));
  }
  return (
    <div className="older">
      {said.length === 0 ? null : <p>{strings.joined(said)}</p>}
      {/* Not `disabled` while it loads: that would throw the keyboard's focus away. */}
      <button type="button" className="quiet" aria-disabled={isLoading} onClick={isLoading ? undefined : onLoad}>
        <Icon name={isLoading ? "clock" : "up"} />
        {isLoading ? strings.olderLoading : strings.loadOlder}
      </button>
    </div>
  );
}

interface KeepPlaceProps {
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
