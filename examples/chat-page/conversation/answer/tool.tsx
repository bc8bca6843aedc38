/** A tool's call as a folded card: its name and state in the summary, its input while it is written, its result or error. */
import { type ToolUiPart, toolNameOf } from "../../../../shared/index.ts";
import { useStrings } from "../../language/locale.tsx";
import type { Strings } from "../../language/strings.ts";
import { Icon } from "../../ui/icons.tsx";
import { Value } from "./value.tsx";

type Look = "running" | "waiting" | "done" | "failed";

/** @param isLive the answer is still being given and this is its newest part. */
export function Tool({ part, isLive }: { readonly part: ToolUiPart; readonly isLive: boolean }) {
  const strings = useStrings();
  const { input, rawInput, output, errorText, title } = part;
  const { look, text } = stateOf(part, isLive, strings);
  const known = input ?? rawInput;
  return (
    <details className={`fold tool tool-${look}`}>
      <summary>
        <Icon name="tool" />
        {title === undefined ? <code>{toolNameOf(part)}</code> : <span>{title}</span>}
        <span className="tool-state">{text}</span>
      </summary>
      {title === undefined ? null : (
        <p className="tool-name">
          <code>{toolNameOf(part)}</code>
        </p>
      )}
      {known === undefined ? null : <Value label={strings.toolInput} value={known} />}
      {output === undefined ? null : <Value label={strings.toolOutput} value={output} />}
      {errorText === undefined ? null : <Value label={strings.toolError} value={errorText} />}
    </details>
  );
}

function stateOf(part: ToolUiPart, isLive: boolean, strings: Strings): { readonly look: Look; readonly text: string } {
  switch (part.state) {
    case "input-streaming":
      return { look: "running", text: isLive ? strings.toolWriting : strings.toolUnfinished };
    case "input-available":
      return { look: "running", text: strings.toolRunning };
    case "approval-requested":
      return { look: "waiting", text: strings.toolNeedsApproval };
    case "approval-responded": {
      const isApproved = (part["approval"] as { readonly approved?: unknown } | undefined)?.approved === true;
      return isApproved
        ? { look: "running", text: strings.toolApproved }
        : { look: "failed", text: strings.toolDenied };
    }
    case "output-available":
      return part["preliminary"] === true
        ? { look: "running", text: strings.toolRunning }
        : { look: "done", text: strings.toolDone };
    case "output-error":
      return { look: "failed", text: strings.toolFailed };
    case "output-denied":
      return { look: "failed", text: strings.toolDenied };
  }
}
