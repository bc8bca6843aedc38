/**
 * The line under an answer that says how it stands and what can be done about it. One branch for each state and outcome a
 * turn can have; a completed answer needs no words.
 */
import type { ReactNode } from "react";
import { isContinuable } from "../../../client/index.ts";
import { type ChatRoomActions, deadlineOf, useSecondsUntil } from "../../../client/react.tsx";
import { messageFor, type TurnView } from "../../../shared/index.ts";
import { useLocale, useStrings } from "../language/locale.tsx";
import type { Strings } from "../language/strings.ts";
import { Icon, type IconName } from "../ui/icons.tsx";

interface TurnStatusProps {
  readonly turn: TurnView;
  readonly isStopping: boolean;
  /** Nothing comes after it, on its way neither: it can be asked again in its place, and continued. */
  readonly isNewest: boolean;
  /** It is about to be removed: nothing can be done about it any more. */
  readonly isLeaving: boolean;
  readonly actions: ChatRoomActions;
  readonly onHandled: () => void;
  /** As `onHandled`, when something was asked. */
  readonly onAsked: () => void;
}

export function TurnStatus(props: TurnStatusProps) {
  switch (props.turn.state) {
    case "queued":
      return <Queued {...props} />;
    case "settled":
      return <Settled {...props} />;
    default:
      return <Running {...props} />;
  }
}

function Queued({ turn, isStopping, actions, onHandled }: TurnStatusProps) {
  const strings = useStrings();
  const place = (turn.position ?? 0) === 0 ? strings.next : strings.ahead(turn.position ?? 0);
  const eta = turn.etaMs === undefined ? "" : ` · ${strings.eta(Math.max(1, Math.round(turn.etaMs / 1000)))}`;
  const remove = () => {
    actions.cancel(turn.id);
    onHandled();
  };
  return (
    <StatusLine icon="clock" text={`${place}${eta}`}>
      <button type="button" className="quiet" onClick={remove} disabled={isStopping}>
        <Icon name="close" />
        <span>{isStopping ? strings.removing : strings.remove}</span>
      </button>
    </StatusLine>
  );
}

function Running({ turn, isStopping }: TurnStatusProps) {
  const strings = useStrings();
  const { locale } = useLocale();
  const seconds = useSecondsUntil(deadlineOf(turn.notice));
  if (isStopping) return <WaitLine text={strings.stopping} />;
  if (turn.notice !== undefined) {
    const { code, message, attempt, maxAttempts } = turn.notice;
    const said = [messageFor(code, locale, message)];
    if (seconds !== undefined && turn.notice.willRetry) said.push(strings.retryIn(seconds));
    if (attempt !== undefined && maxAttempts !== undefined) said.push(strings.attempt(attempt, maxAttempts));
    return <WaitLine text={strings.joined(said)} />;
  }
  switch (turn.state) {
    case "waiting":
      return <WaitLine text={strings.waitingForSlot} />;
    case "resuming":
      return <WaitLine text={strings.resuming} />;
    case "opening":
      return <WaitLine text={strings.thinking} />;
    default:
      // Streaming text speaks for itself; before its first word it is still thinking.
      return turn.parts.length === 0 ? <WaitLine text={strings.thinking} /> : null;
  }
}

function Settled({ turn, isNewest, isLeaving, actions, onAsked }: TurnStatusProps) {
  const strings = useStrings();
  const { locale } = useLocale();
  const again = (label: string) => {
    const { input } = turn;
    if (input === undefined || isLeaving) return null;
    const ask = () => {
      // In its place it would take what came after it along.
      if (isNewest) actions.regenerate(turn.id);
      else actions.submit(input);
      onAsked();
    };
    return (
      <>
        {isNewest && isContinuable(turn) ? goOn() : null}
        <button type="button" className="quiet" onClick={ask} title={isNewest ? strings.replacesAnswer : undefined}>
          <Icon name="retry" />
          <span>{label}</span>
        </button>
      </>
    );
  };
  const goOn = () => {
    const ask = () => {
      actions.continueTurn(turn.id);
      onAsked();
    };
    return (
      <button type="button" className="quiet" onClick={ask} title={strings.continueDetail}>
        <Icon name="forward" />
        <span>{strings.continue}</span>
      </button>
    );
  };
  switch (turn.outcome) {
    case "cancelled":
      return (
        <StatusLine icon="stop" text={stoppedText(turn)}>
          {again(strings.askAgain)}
        </StatusLine>
      );
    case "failed": {
      const { error } = turn;
      const text = error === undefined ? strings.failedUnknown : messageFor(error.code, locale, error.message);
      return (
        <StatusLine icon="warning" text={text} tone="bad">
          {again(strings.tryAgain)}
        </StatusLine>
      );
    }
    case "interrupted":
      return (
        <StatusLine
          icon="warning"
          text={turn.parts.length === 0 ? strings.interruptedEmpty : strings.interrupted}
          tone="warn"
        >
          {again(strings.askAgain)}
        </StatusLine>
      );
    default: {
      const text = completedText(turn, strings);
      if (text === undefined || text === "") return null;
      return (
        <StatusLine icon="warning" text={text}>
          {isNewest ? again(strings.regenerate) : null}
        </StatusLine>
      );
    }
  }

  function stoppedText({ stop, parts }: TurnView): string {
    // Nothing of it was ever shown, and nothing more comes: waiting in line, or before its first word.
    if (parts.length === 0 && stop !== "closed") return strings.stoppedEarly;
    return stop === "confirmed" ? strings.stoppedConfirmed : strings.stoppedClosed;
  }
}

/** What there is to say about a completed answer: nothing, as a rule. Undefined for any other outcome. */
export function completedText({ outcome, finishReason, parts }: TurnView, strings: Strings): string | undefined {
  if (outcome !== undefined && outcome !== "completed") return undefined;
  if (finishReason === "length") return strings.cutAtLength;
  if (finishReason === "content-filter") return strings.contentFiltered;
  return parts.length === 0 ? strings.emptyAnswer : "";
}

interface StatusLineProps {
  readonly icon: IconName;
  readonly text: string;
  readonly tone?: "plain" | "warn" | "bad";
  readonly children?: ReactNode;
}

export function StatusLine({ icon, text, tone = "plain", children }: StatusLineProps) {
  return (
    <div className={`status status-${tone}`}>
      <span className="status-text">
        <Icon name={icon} />
        <span>{text}</span>
      </span>
      {children}
    </div>
  );
}

function WaitLine({ text }: { readonly text: string }) {
  return (
    <div className="status status-wait">
      <span className="status-text">
        <span className="dots" aria-hidden="true">
          <i />
          <i />
          <i />
        </span>
        <span>{text}</span>
      </span>
    </div>
  );
}
