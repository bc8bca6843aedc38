/** Text as it was written: for answers that are not parsed yet, that cannot be parsed, or that failed to render. */
import { TextRun } from "./text-run.tsx";

export function PlainText({ text }: { readonly text: string }) {
  return (
    <div className="md-plain" dir="auto">
      <TextRun text={text} />
    </div>
  );
}
