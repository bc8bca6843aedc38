/** Opens the device's file chooser. On a phone it offers the photo library and the camera, because pictures are asked for. */
import { useRef } from "react";
import { useStrings } from "../language/locale.tsx";
import { Icon } from "../ui/icons.tsx";

/** What models read, so that a phone's chooser offers its camera. The gateway decides by content. */
const accepted = "image/*,audio/*,video/*,text/*,application/pdf,application/json,.md,.csv,.docx,.xlsx,.pptx,.odt";

interface AttachButtonProps {
  readonly onFiles: (files: readonly File[]) => void;
  readonly isDisabled: boolean;
}

export function AttachButton({ onFiles, isDisabled }: AttachButtonProps) {
  const strings = useStrings();
  const files = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const chosen = (input: HTMLInputElement) => {
    onFiles([...(input.files ?? [])]);
    // The same file may be chosen again after it was removed.
    input.value = "";
  };
  return (
    <>
      <input
        ref={files}
        type="file"
        className="sr-only"
        multiple
        accept={accepted}
        tabIndex={-1}
        aria-hidden="true"
        data-kind="files"
        onChange={(event) => chosen(event.target)}
      />
      <input
        ref={camera}
        type="file"
        className="sr-only"
        accept="image/*"
        capture="environment"
        tabIndex={-1}
        aria-hidden="true"
        data-kind="camera"
        onChange={(event) => chosen(event.target)}
      />
      <button
        type="button"
        className="attach"
        disabled={isDisabled}
        onClick={() => files.current?.click()}
        aria-label={strings.attachFiles}
        title={strings.attachFiles}
      >
        <Icon name="clip" />
      </button>
      {/* Shown on devices without a mouse: the others have no camera that takes pictures. */}
      <button
        type="button"
        className="attach attach-camera"
        disabled={isDisabled}
        onClick={() => camera.current?.click()}
        aria-label={strings.takePhoto}
        title={strings.takePhoto}
      >
        <Icon name="camera" />
      </button>
    </>
  );
}
