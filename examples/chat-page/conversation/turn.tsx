/** One turn: the question and the answer. It renders again only when the turn itself changed. */
import { memo, useEffect, useRef } from "react";
import { type ChatRoomActions, isEditable, isRunning } from "../../../client/react.tsx";
import { promptOf, type TurnView, textOf } from "../../../shared/index.ts";
import { useStrings } from "../language/locale.tsx";
import { PlainText } from "../markdown/plain-text.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { ErrorBoundary } from "../ui/error-boundary.tsx";
import { Icon } from "../ui/icons.tsx";
import { Answer } from "./answer/answer.tsx";
import { Question } from "./question.tsx";
import { QuestionEditor } from "./question-editor.tsx";
import { completedText, TurnStatus } from "./turn-status.tsx";
import type { QuestionEditActions } from "./use-question-edits.ts";

interface TurnProps {
  readonly turn: TurnView;
  /** The newest turn of the message. */
  readonly currentId: string;
  readonly isStopping: boolean;
  /** No turn and no pending question comes after it. */
  readonly isNewest: boolean;
  /** A pending question replaces it, or a turn before it. */
  readonly isLeaving: boolean;
  /** The text in its editor; undefined while its question is not edited. */
  readonly edited: string | undefined;
  readonly edits: QuestionEditActions;
  readonly actions: ChatRoomActions;
  /** Called before a control of this turn disappears with the focus on it. */
  readonly onHandled: () => void;
  /** Called after a question was asked, which appears at the end. */
  readonly onAsked: () => void;
}

/** What else comes with a turn (an error, a model's name, a question) can take neither the page nor the other turns away. */
export const Turn = memo(function Turn(props: TurnProps) {
  const { turn } = props;
  return (
    <ErrorBoundary retryKey={turn} fallback={() => <PlainTurn turn={turn} />}>
      <TurnContent {...props} />
    </ErrorBoundary>
  );
});

function PlainTurn({ turn }: { readonly turn: TurnView }) {
  const strings = useStrings();
  return (
    <article className="turn" aria-label={strings.question}>
      <ErrorBoundary fallback={() => null}>
        <PlainQuestion turn={turn} />
      </ErrorBoundary>
      <PlainText text={textOf(turn.parts)} />
    </article>
  );
}

function PlainQuestion({ turn }: { readonly turn: TurnView }) {
  return <PlainText text={promptOf(turn.input)} />;
}

function TurnContent(props: TurnProps) {
  const { turn, isNewest, isLeaving, actions, onAsked } = props;
  const strings = useStrings();
  const regenerate = () => {
    actions.regenerate(turn.id);
    onAsked();
  };
  // The status line of any other outcome has its own button for that.
  const canRegenerate = isNewest && !isLeaving && turn.state === "settled" && completedText(turn, strings) === "";
  return (
    <article className={`turn turn-${turn.state}`} aria-label={strings.question} aria-busy={isRunning(turn)}>
      <TurnQuestion {...props} />
      <div className="answer">
        <h2 className="sr-only">{strings.answer}</h2>
        <Answer parts={turn.parts} isLive={turn.state === "streaming"} />
        <TurnStatus {...props} />
        <TurnFacts turn={turn} onRegenerate={canRegenerate ? regenerate : undefined} />
      </div>
    </article>
  );
}

function TurnQuestion({ turn, isNewest, isLeaving, edited, edits, actions, onAsked }: TurnProps) {
  const strings = useStrings();
  const isEditing = edited !== undefined;
  const editButton = useRef<HTMLButtonElement>(null);
  const wasCancelled = useRef(false);
  const canEdit = isEditable(turn) && !isLeaving;

  useEffect(() => {
    // The focus returns to the button that opened the editor.
    if (!isEditing && wasCancelled.current) editButton.current?.focus();
    wasCancelled.current = false;
  }, [isEditing]);

  if (isEditing && canEdit) {
    const send = (text: string) => {
      edits.close(turn.id);
      actions.edit(turn.id, text);
      onAsked();
    };
    const cancel = () => {
      wasCancelled.current = true;
      edits.close(turn.id);
    };
    return (
      <QuestionEditor
        text={edited}
        onText={(text) => edits.change(turn.id, text)}
        hasLater={!isNewest}
        onSend={send}
        onCancel={cancel}
      />
    );
  }
  return (
    <>
      <Question input={turn.input} />
      {canEdit ? (
        <button
          ref={editButton}
          type="button"
          className="quiet edit"
          onClick={() => edits.open(turn.id, promptOf(turn.input))}
        >
          <Icon name="edit" />
          <span>{strings.edit}</span>
        </button>
      ) : null}
    </>
  );
}

interface TurnFactsProps {
  readonly turn: TurnView;
  readonly onRegenerate: (() => void) | undefined;
}

/** The facts about a settled answer: model, tokens, and whether it was streamed. */
function TurnFacts({ turn, onRegenerate }: TurnFactsProps) {
  const strings = useStrings();
  const text = turn.state === "settled" ? textOf(turn.parts) : "";
  const tokens = turn.usage?.outputTokens;
  if (text === "" && turn.simulated !== true && onRegenerate === undefined) return null;
  return (
    <footer className="facts">
      {text === "" ? null : <CopyButton text={text} label={strings.copyAnswer} failed={strings.copyTextFailed} />}
      {onRegenerate === undefined ? null : (
        <button type="button" className="quiet" onClick={onRegenerate} title={strings.replacesAnswer}>
          <Icon name="retry" />
          <span>{strings.regenerate}</span>
        </button>
      )}
      {turn.model === undefined ? null : <span>{turn.model}</span>}
      {tokens === undefined ? null : <span>{strings.tokens(tokens)}</span>}
      {turn.simulated === true ? <span title={strings.simulatedDetail}>{strings.simulated}</span> : null}
    </footer>
  );
}
