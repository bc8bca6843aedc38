/** A question that isn't a turn of the room yet: being sent, waiting for the connection, or refused. A refused one keeps its text. */
import { memo } from "react";
import { isContinuation, type PendingTurn, type TurnInput } from "../../../client/index.ts";
import type { ChatRoomActions } from "../../../client/react.tsx";
import { messageFor } from "../../../shared/index.ts";
import { useLocale, useStrings } from "../language/locale.tsx";
import { Icon } from "../ui/icons.tsx";
import { Question } from "./question.tsx";
import { StatusLine } from "./turn-status.tsx";

interface PendingProps {
  readonly pending: PendingTurn;
  readonly isOnline: boolean;
  readonly actions: ChatRoomActions;
  /** Moves the text and the files into the message box. */
  readonly onEdit: (input: TurnInput) => void;
  readonly onHandled: () => void;
}

export const Pending = memo(function Pending({ pending, isOnline, actions, onEdit, onHandled }: PendingProps) {
  const strings = useStrings();
  const { locale } = useLocale();
  const { id, input, refused, replaces } = pending;
  // A refused answer can't be sent again: the call shows what became of it, or waits again.
  const isAnswer = "answers" in input;
  const resend = () => {
    actions.dismiss(id);
    // The turn that it was to replace is gone, so it is asked as a new question.
    const isMoot = replaces === undefined || refused?.code === "turn-unknown" || refused?.code === "turn-stale";
    actions.submit(input, isMoot ? {} : { replaces });
    onHandled();
  };
  const edit = () => {
    actions.dismiss(id);
    onEdit(input);
  };
  const drop = () => {
    if (refused === undefined) actions.cancel(id);
    else actions.dismiss(id);
    onHandled();
  };
  return (
    <article className="turn turn-pending" aria-label={strings.question}>
      {isAnswer ? null : <Question input={input} />}
      <div className="answer">
        {refused === undefined ? (
          <StatusLine icon="clock" text={isOnline ? strings.sending : strings.sendsWhenOnline}>
            <button type="button" className="quiet" onClick={drop}>
              <Icon name="close" />
              <span>{strings.withdraw}</span>
            </button>
          </StatusLine>
        ) : (
          <StatusLine
            icon="warning"
            tone="bad"
            text={strings.joined([strings.notSent, messageFor(refused.code, locale, refused.message)])}
          >
            {isContinuation(input) || isAnswer ? null : (
              <button type="button" className="quiet" onClick={edit}>
                <Icon name="edit" />
                <span>{strings.edit}</span>
              </button>
            )}
            {isAnswer ? null : (
              <button type="button" className="quiet" onClick={resend}>
                <Icon name="retry" />
                <span>{strings.resend}</span>
              </button>
            )}
            <button type="button" className="quiet" onClick={drop}>
              <Icon name="close" />
              <span>{strings.dismiss}</span>
            </button>
          </StatusLine>
        )}
      </div>
    </article>
  );
});
