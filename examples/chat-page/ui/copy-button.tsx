/** A button that copies a text and shows for a moment whether it worked. */
import { useEffect, useState } from "react";
import { useStrings } from "../language/locale.tsx";
import { copyText } from "./copy-text.ts";
import { Icon } from "./icons.tsx";

/** How long the result is shown: long enough to be read, short enough not to hide the label from the next copy. */
const feedbackMs = 2_000;

interface CopyButtonProps {
  readonly text: string;
  readonly label: string;
  /** Shown after it worked. Default: "Copied". */
  readonly done?: string;
  /** Shown when the browser refused: what to do instead. */
  readonly failed: string;
}

export function CopyButton({ text, label, done, failed }: CopyButtonProps) {
  const strings = useStrings();
  const [result, setResult] = useState<"idle" | "copied" | "refused">("idle");
  useEffect(() => {
    if (result === "idle") return undefined;
    const timer = setTimeout(() => setResult("idle"), feedbackMs);
    return () => clearTimeout(timer);
  }, [result]);
  const copy = () => {
    void copyText(text).then((isCopied) => setResult(isCopied ? "copied" : "refused"));
  };
  const said = { idle: label, copied: done ?? strings.copied, refused: failed }[result];
  return (
    <button type="button" className="quiet" onClick={copy}>
      <Icon name={result === "copied" ? "check" : "copy"} />
      <span aria-live="polite">{said}</span>
    </button>
  );
}
