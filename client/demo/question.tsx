/** A question as it was typed: plain text, line breaks kept, never parsed. */
import { useStrings } from "./locale.tsx";

export function Question({ text }: { readonly text: string }) {
  const strings = useStrings();
  return (
    <div className="question">
      <h2 className="sr-only">{strings.question}</h2>
      <p>{text}</p>
    </div>
  );
}
