/** One turn: the question, whoever asked it, and the answer. Drawn again only when the turn itself changed. */
import { memo } from "react";
import { textOf } from "../../shared/content.ts";
import type { TurnView } from "../../shared/transcript.ts";
import type { ChatRoomActions } from "../react.tsx";
import { Answer } from "./answer.tsx";
import { CopyButton } from "./copy-button.tsx";
import { useStrings } from "./locale.tsx";
import { Question } from "./question.tsx";
import { isRunning, promptOf } from "./turn-state.ts";
import { TurnStatus } from "./turn-status.tsx";

interface TurnProps {
  readonly turn: TurnView;
  readonly isStopping: boolean;
  readonly actions: ChatRoomActions;
  /** Called when a control of this turn is about to vanish with the focus on it. */
  readonly onHandled: () => void;
}

export const Turn = memo(function Turn({ turn, isStopping, actions, onHandled }: TurnProps) {
  const strings = useStrings();
  const prompt = promptOf(turn.input);
  return (
    <article className={`turn turn-${turn.state}`} aria-label={strings.question} aria-busy={isRunning(turn)}>
      <Question text={prompt} />
      <div className="answer">
        <h2 className="sr-only">{strings.answer}</h2>
        <Answer parts={turn.parts} isLive={turn.state === "streaming"} />
        <TurnStatus turn={turn} isStopping={isStopping} actions={actions} onHandled={onHandled} />
        <TurnFacts turn={turn} />
      </div>
    </article>
  );
});

/** What is known of a settled answer: how long, by which model, whether it really streamed. */
function TurnFacts({ turn }: { readonly turn: TurnView }) {
  const strings = useStrings();
  const text = turn.state === "settled" ? textOf(turn.parts) : "";
  const tokens = turn.usage?.outputTokens;
  if (text === "" && turn.simulated !== true) return null;
  return (
    <footer className="facts">
      {text === "" ? null : <CopyButton text={text} label={strings.copyAnswer} />}
      {turn.model === undefined ? null : <span>{turn.model}</span>}
      {tokens === undefined ? null : <span>{strings.tokens(tokens)}</span>}
      {turn.simulated === true ? <span title={strings.simulatedDetail}>{strings.simulated}</span> : null}
    </footer>
  );
}
