/** Shows, above the message box, waits and errors that concern the room or this session instead of one turn. */
import { useState } from "react";
import { deadlineOf, useSecondsUntil } from "../../../client/react.tsx";
import { type ErrorFrame, messageFor, type NoticeFrame } from "../../../shared/index.ts";
import { Banner } from "../header/connection-banner.tsx";
import { useLocale, useStrings } from "../language/locale.tsx";
import { ErrorBoundary } from "../ui/error-boundary.tsx";

interface RoomNoticesProps {
  readonly notices: readonly NoticeFrame[];
  readonly error?: ErrorFrame | undefined;
}

/** Notices and errors that can't be shown are left out: the conversation is what counts. */
export function RoomNotices(props: RoomNoticesProps) {
  return (
    <ErrorBoundary retryKey={props.error ?? props.notices} fallback={() => null}>
      <Notices {...props} />
    </ErrorBoundary>
  );
}

function Notices({ notices, error }: RoomNoticesProps) {
  const strings = useStrings();
  const { locale } = useLocale();
  const [dismissed, setDismissed] = useState<ErrorFrame>();
  return (
    <>
      {notices.map((notice) => (
        <Notice key={`${notice.scope} ${notice.code}`} notice={notice} />
      ))}
      {error === undefined || error === dismissed ? null : (
        <Banner text={messageFor(error.code, locale, error.message)} tone="bad">
          <button type="button" onClick={() => setDismissed(error)}>
            {strings.dismiss}
          </button>
        </Banner>
      )}
    </>
  );
}

function Notice({ notice }: { readonly notice: NoticeFrame }) {
  const strings = useStrings();
  const { locale } = useLocale();
  const seconds = useSecondsUntil(deadlineOf(notice));
  const said = [messageFor(notice.code, locale, notice.message)];
  if (seconds !== undefined && notice.willRetry) said.push(strings.retryIn(seconds));
  return <Banner text={strings.joined(said)} />;
}
