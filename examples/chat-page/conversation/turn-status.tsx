/**
 * The line under an answer that shows its state and the possible actions, with one branch for each state and outcome of a
 * turn. A completed answer has no such line.
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
  /** The newest turn of the message. */
  readonly currentId: string;
  readonly isStopping: boolean;
  /** No turn and no pending question comes after it, so it can be asked again in its place, or continued. */
  readonly isNewest: boolean;
  /** A pending question replaces it, so it has no actions. */
  readonly isLeaving: boolean;
  readonly actions: ChatRoomActions;
  readonly onHandled: () => void;
  /** Called after a question was asked. */
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

function Queued({ turn, currentId, isStopping, actions, onHandled }: TurnStatusProps) {
  const strings = useStrings();
  const place = (turn.position ?? 0) === 0 ? strings.next : strings.ahead(turn.position ?? 0);
  const eta = turn.etaMs === undefined ? "" : ` · ${strings.eta(Math.max(1, Math.round(turn.etaMs / 1000)))}`;
  const remove = () => {
    actions.cancel(currentId);
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
      return <WaitLine text={strings.waitingForConcurrency} />;
    case "resuming":
      return <WaitLine text={strings.resuming} />;
    case "opening":
      return <WaitLine text={strings.thinking} />;
    default:
      // A streaming text needs no line; before its first word the assistant is still thinking.
      return turn.parts.length === 0 ? <WaitLine text={strings.thinking} /> : null;
  }
}

function Settled({ turn, currentId, isNewest, isLeaving, actions, onAsked }: TurnStatusProps) {
  const strings = useStrings();
  const { locale } = useLocale();
  const again = (label: string) => {
    const { input } = turn;
    if (input === undefined || isLeaving) return null;
    const ask = () => {
      // Replacing it would remove the turns after it.
      if (isNewest) actions.regenerate(turn.id);
      else actions.submit(input);
      onAsked();
    };
    return (
      <>
        {isNewest && currentId === turn.id && isContinuable(turn) ? goOn() : null}
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
    // It was queued, or stopped before its first word.
    if (parts.length === 0 && stop !== "closed") return strings.stoppedEarly;
    return stop === "confirmed" ? strings.stoppedConfirmed : strings.stoppedClosed;
  }
}

/** The text about a completed answer, mostly empty. Undefined for any other outcome. */
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
