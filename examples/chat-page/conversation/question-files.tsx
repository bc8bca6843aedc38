/**
 * The files of a question: pictures, and links for everything else. An uploaded file is read from the page's own gateway,
 * whatever host its address names, and its address is asked for again where it has expired.
 */
import { useState } from "react";
import type { TurnInput } from "../../../client/index.ts";
import { useStrings } from "../language/locale.tsx";
import { type SafeFile, safeFile } from "../markdown/safe-file.ts";
import { Icon } from "../ui/icons.tsx";

interface AskedFile {
  readonly url: string;
  readonly mediaType: string;
  readonly filename?: string;
}

export function filesOf(input: TurnInput | undefined): AskedFile[] {
  if (input === undefined || !("parts" in input)) return [];
  return input.parts.flatMap((part): AskedFile[] =>
    part.type === "file" && typeof part.url === "string" ? [part as AskedFile] : [],
  );
}

export function QuestionFiles({ files }: { readonly files: readonly AskedFile[] }) {
  const strings = useStrings();
  return (
    <ul className="question-files" aria-label={strings.attachedFiles}>
      {files.map((file, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a question's files never change; one may stand there twice.
        <li key={at}>
          <FileOf file={file} />
        </li>
      ))}
    </ul>
  );
}

function FileOf({ file }: { readonly file: AskedFile }) {
  // The address that the room sends anew after a while would load the picture again.
  const [address, setAddress] = useState(() => ownAddress(file.url));
  const [tries, setTries] = useState(0);
  const safe = safeFile(address, file.mediaType);
  if (safe.kind !== "image") return <FileLink file={safe} name={file.filename} />;
  if (tries > 1) return <FileLink file={{ ...safe, kind: "link" }} name={file.filename} />;
  return (
    <img
      className="picture"
      src={address}
      alt={file.filename ?? ""}
      referrerPolicy="no-referrer"
      loading="lazy"
      onError={() => {
        setTries(tries + 1);
        if (tries === 0) void freshAddress(address).then(setAddress);
      }}
    />
  );
}

function FileLink({ file, name }: { readonly file: SafeFile; readonly name: string | undefined }) {
  const strings = useStrings();
  const label = (
    <>
      <Icon name="file" />
      <span dir="auto">{name ?? strings.file(file.mediaType)}</span>
    </>
  );
  if (file.kind === "unsafe") return <span className="file">{label}</span>;
  return (
    <a className="file" href={file.url} target="_blank" rel="noopener noreferrer nofollow" download={name ?? ""}>
      {label}
    </a>
  );
}

/** The address of an uploaded file, on the page's own origin; any other as it is. */
export function ownAddress(url: string): string {
  const [, path] = /^https?:\/\/[^/?#]+(\/parties\/chat\/[^/?#]+\/files\/[^/#]+)$/.exec(url) ?? [];
  return path === undefined ? url : new URL(path, location.href).href;
}

/** An address that is good now; the same one where there is none. */
async function freshAddress(address: string): Promise<string> {
  const [path = ""] = address.split("?");
  if (!/\/parties\/chat\/[^/]+\/files\//.test(path)) return address;
  try {
    const response = await fetch(path, { headers: { accept: "application/json" } });
    const { url } = (await response.json()) as { readonly url?: unknown };
    return typeof url === "string" ? ownAddress(url) : address;
  } catch {
    return address;
  }
}
