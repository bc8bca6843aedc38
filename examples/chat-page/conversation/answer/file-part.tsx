/**
 * A file of an answer: a picture where the page's Content-Security-Policy lets it be shown, and a link otherwise. The policy
 * shows pictures that stand in the answer itself; others are fetched only where an operator has widened `img-src`.
 */
import { useState } from "react";
import type { UiPart } from "../../../../shared/index.ts";
import { useStrings } from "../../language/locale.tsx";
import { type SafeFile, safeFile } from "../../markdown/safe-file.ts";
import { Icon } from "../../ui/icons.tsx";

interface FileUiPart {
  readonly type: "file" | "reasoning-file";
  readonly url: string;
  readonly mediaType: string;
}

export function isFilePart(part: UiPart): part is UiPart & FileUiPart {
  const { type } = part;
  const { url, mediaType } = part as UiPart & { readonly url?: unknown; readonly mediaType?: unknown };
  return (type === "file" || type === "reasoning-file") && typeof url === "string" && typeof mediaType === "string";
}

export function FilePart({ part }: { readonly part: FileUiPart }) {
  const file = safeFile(part.url, part.mediaType);
  return file.kind === "image" ? <Picture key={file.url} file={file} /> : <FileLink file={file} />;
}

function Picture({ file }: { readonly file: SafeFile & { readonly kind: "image" } }) {
  const strings = useStrings();
  const [isBlocked, setBlocked] = useState(false);
  if (isBlocked) return <FileLink file={{ ...file, kind: "link" }} />;
  return (
    <img
      className="picture"
      src={file.url}
      alt={strings.answerPicture}
      referrerPolicy="no-referrer"
      loading="lazy"
      onError={() => setBlocked(true)}
    />
  );
}

function FileLink({ file }: { readonly file: SafeFile }) {
  const strings = useStrings();
  const label = (
    <>
      <Icon name="link" />
      <span>{strings.file(file.mediaType)}</span>
    </>
  );
  if (file.kind === "unsafe") return <p className="file">{label}</p>;
  const isInline = file.url.startsWith("data:");
  return (
    <p className="file">
      <a
        href={file.url}
        target="_blank"
        rel="noopener noreferrer nofollow"
        // A browser opens no `data:` address in a tab, so it is saved instead.
        {...(isInline ? { download: "" } : {})}
      >
        {label}
      </a>
    </p>
  );
}
