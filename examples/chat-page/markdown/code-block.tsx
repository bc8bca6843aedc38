/** Shows a block of code with its language and a copy button. A block that is still arriving looks the same and grows. */

import { useStrings } from "../language/locale.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { TextRun } from "./text-run.tsx";

export function CodeBlock({ code, language }: { readonly code: string; readonly language: string }) {
  const strings = useStrings();
  return (
    <figure className="code">
      <figcaption>
        <span>{language}</span>
        <CopyButton text={code} label={strings.copyCode} failed={strings.copyTextFailed} />
      </figcaption>
      <ScrollingCode label={strings.codeBlock(language)} code={code} />
    </figure>
  );
}

/**
 * Code that scrolls by itself when it is wider than the page. It has a name and takes the focus, so that the keyboard can scroll
 * it. A group and not a region: an answer may have many, and regions are the places that a person jumps between.
 */
export function ScrollingCode({ label, code }: { readonly label: string; readonly code: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard (WCAG 2.1.1).
    // biome-ignore lint/a11y/useSemanticElements: a fieldset groups the controls of a form.
    <div className="scrolling-code" role="group" dir="ltr" translate="no" aria-label={label} tabIndex={0}>
      <pre>
        <code>
          <TextRun text={code} />
        </code>
      </pre>
    </div>
  );
}
