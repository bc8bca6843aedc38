import { Suspense } from "react";
import { Room } from "./room";

/** The room's name is known when the request is; until then the page shows the fallback. */
export default function Page({ params }: { params: Promise<{ room: string }> }) {
  return (
    <Suspense fallback={<p>Loading…</p>}>
      <Room params={params} />
    </Suspense>
  );
}
