/**
 * Calls of an answer that wait for somebody: a decision about an approval, or the output of a tool that this page runs. Any
 * tab and any device shows them, and the first answer counts. They stand after the answer, in the order of the keyboard.
 */
import type { ChatSnapshot } from "../../../client/index.ts";
import type { ChatRoomActions } from "../../../client/react.tsx";
import { type PendingCall, type RoomTools, roomTools } from "../../../client/tools.ts";
import { useStrings } from "../language/locale.tsx";
import { Value } from "./answer/value.tsx";

interface OpenCallsProps {
  readonly calls: readonly PendingCall[];
  readonly snapshot: ChatSnapshot;
  readonly actions: ChatRoomActions;
  /** Called before a control disappears with the focus on it. */
  readonly onHandled: () => void;
}

export function OpenCalls({ calls, snapshot, actions, onHandled }: OpenCallsProps) {
  const { turns, pending } = snapshot;
  const tools = roomTools({ submit: actions.submit, turns, pending });
  return calls.map((call) => (
    <OpenCall key={call.approvalId ?? call.toolCallId} call={call} tools={tools} onHandled={onHandled} />
  ));
}

interface OpenCallProps {
  readonly call: PendingCall;
  readonly tools: RoomTools;
  readonly onHandled: () => void;
}

function OpenCall({ call, tools, onHandled }: OpenCallProps) {
  const strings = useStrings();
  const { kind, toolName, toolCallId, approvalId = "", input } = call;
  const { text, yes, no } = choicesOf(call, strings);
  const answer = (isYes: boolean) => {
    onHandled();
    if (kind === "approval") isYes ? tools.approve(approvalId) : tools.deny(approvalId);
    else if (isYes) tools.answerTool(toolCallId, { timeZone: timeZone() });
    else tools.failTool(toolCallId, "The person chose not to answer.");
  };
  return (
    <section className="open-call" aria-label={`${strings.waitsForYou}: ${toolName}`}>
      <p>{text}</p>
      {kind === "approval" ? <Value label={strings.toolInput} value={input} /> : null}
      <div className="open-call-actions">
        {yes === undefined ? null : (
          <button type="button" className="primary" onClick={() => answer(true)}>
            {yes}
          </button>
        )}
        <button type="button" onClick={() => answer(false)}>
          {no}
        </button>
      </div>
    </section>
  );
}

interface Choices {
  readonly text: string;
  /** Undefined where this page can't do it. */
  readonly yes: string | undefined;
  readonly no: string;
}

function choicesOf({ kind, toolName }: PendingCall, strings: ReturnType<typeof useStrings>): Choices {
  if (kind === "approval") return { text: strings.needsApproval(toolName), yes: strings.approve, no: strings.deny };
  // The one tool that this page runs.
  if (toolName === "readTimeZone") {
    return { text: strings.asksTimeZone(timeZone()), yes: strings.shareTimeZone, no: strings.dontShare };
  }
  return { text: strings.cantRunTool(toolName), yes: undefined, no: strings.goOnWithout };
}

function timeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
