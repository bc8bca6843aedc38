/** A labelled value of a tool or a data part: text as it is, anything else as indented JSON. */
import { ScrollingCode } from "../../markdown/code-block.tsx";

export function Value({ label, value }: { readonly label: string; readonly value: unknown }) {
  const text = typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
  return (
    <div className="value">
      <span>{label}</span>
      <ScrollingCode label={label} code={text} />
    </div>
  );
}
