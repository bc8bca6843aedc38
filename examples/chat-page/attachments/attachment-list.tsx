/**
 * The files above the message box: preview, name, size, progress, and a button to take each back. Screen readers hear of each
 * file's outcome in one polite region, and a removed file's focus goes to the next one.
 */
import { useEffect, useRef, useState } from "react";
import { messageFor } from "../../../shared/index.ts";
import { useLocale, useStrings } from "../language/locale.tsx";
import type { Strings } from "../language/strings.ts";
import { Icon } from "../ui/icons.tsx";
import { type Attachment, maxAttachedBytes, maxAttachments, sizeText } from "./attachment.ts";

interface AttachmentListProps {
  readonly list: readonly Attachment[];
  readonly onRemove: (id: string) => void;
  readonly onRetry: (id: string) => void;
  /** The last file was removed: where the focus goes. */
  readonly onEmpty: () => void;
}

export function AttachmentList({ list, onRemove, onRetry, onEmpty }: AttachmentListProps) {
  const strings = useStrings();
  const box = useRef<HTMLUListElement>(null);
  const remove = (id: string) => {
    const at = list.findIndex((each) => each.id === id);
    const next = list[at + 1] ?? list[at - 1];
    onRemove(id);
    if (next === undefined) onEmpty();
    else box.current?.querySelector<HTMLElement>(`[data-attachment="${next.id}"] .remove`)?.focus();
  };
  return (
    <>
      {list.length === 0 ? null : (
        <ul className="attachments" ref={box} aria-label={strings.attachedFiles}>
          {list.map((attachment) => (
            <Item key={attachment.id} attachment={attachment} onRemove={remove} onRetry={onRetry} />
          ))}
        </ul>
      )}
      <Outcomes list={list} />
    </>
  );
}

interface ItemProps {
  readonly attachment: Attachment;
  readonly onRemove: (id: string) => void;
  readonly onRetry: (id: string) => void;
}

function Item({ attachment, onRemove, onRetry }: ItemProps) {
  const strings = useStrings();
  const { locale } = useLocale();
  const { id, name, bytes, preview, phase } = attachment;
  const isFailed = phase.state === "failed";
  return (
    <li
      className={isFailed ? "attachment attachment-failed" : "attachment"}
      data-attachment={id}
      data-state={phase.state}
    >
      {preview === undefined ? (
        <span className="attachment-icon">
          <Icon name={isFailed ? "warning" : "file"} />
        </span>
      ) : (
        <img className="attachment-preview" src={preview} alt="" />
      )}
      <span className="attachment-text">
        <span className="attachment-name" title={name} dir="auto">
          {name}
        </span>
        <span className="attachment-detail">
          {isFailed ? failureText(phase, strings, locale) : bytes === undefined ? "" : sizeText(bytes, locale)}
        </span>
        {phase.state === "uploading" ? (
          <progress max={Math.max(1, bytes ?? 1)} value={phase.sentBytes} aria-label={strings.uploadProgress(name)} />
        ) : null}
      </span>
      {isFailed && phase.retryable ? (
        <button type="button" className="quiet" onClick={() => onRetry(id)} aria-label={strings.retryFile(name)}>
          <Icon name="retry" />
        </button>
      ) : null}
      <button
        type="button"
        className="quiet remove"
        onClick={() => onRemove(id)}
        aria-label={phase.state === "uploading" ? strings.cancelUpload(name) : strings.removeFile(name)}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}

type Failure = Attachment["phase"] & { readonly state: "failed" };

function failureText({ code, message }: Failure, strings: Strings, locale: Parameters<typeof messageFor>[1]): string {
  switch (code) {
    case "too-many-attached":
      return strings.tooManyAttached(maxAttachments);
    case "file-empty":
      return strings.emptyFile;
    case "file-too-large":
      return strings.fileTooLarge(sizeText(maxAttachedBytes, locale));
    case "unreachable":
      return strings.uploadFailed;
    default:
      return messageFor(code, locale, message);
  }
}

/** Says of each file that it is there, or why it isn't, once. */
function Outcomes({ list }: { readonly list: readonly Attachment[] }) {
  const strings = useStrings();
  const { locale } = useLocale();
  const before = useRef(new Map<string, string>());
  const [said, setSaid] = useState("");
  useEffect(() => {
    const news = list.flatMap(({ id, name, phase }) => {
      if (before.current.get(id) === phase.state) return [];
      if (phase.state === "ready") return [strings.saidAttached(name)];
      return phase.state === "failed" ? [strings.saidNotAttached(name, failureText(phase, strings, locale))] : [];
    });
    before.current = new Map(list.map(({ id, phase }) => [id, phase.state]));
    if (news.length > 0) setSaid(strings.joined(news));
  }, [list, strings, locale]);
  return (
    <div className="sr-only" role="status" aria-live="polite">
      {said}
    </div>
  );
}
