/** Starts the page. A failure outside of the answers shows a message instead of an empty page. */
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { LocaleProvider, useStrings } from "./language/locale.tsx";
import { sharedParser } from "./markdown/parser/worker-parser.ts";
import { ErrorBoundary } from "./ui/error-boundary.tsx";
import "./styles/index.css";

// Loads while the page connects, so that the first answer need not wait for it.
sharedParser();

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <LocaleProvider>
      <ErrorBoundary fallback={() => <PageFailed />}>
        <App />
      </ErrorBoundary>
    </LocaleProvider>,
  );
}

function PageFailed() {
  const strings = useStrings();
  return (
    <main className="nowhere">
      <h1>{strings.pageFailedTitle}</h1>
      <p>{strings.pageFailedDetail}</p>
      <button type="button" onClick={() => location.reload()}>
        {strings.reloadPage}
      </button>
    </main>
  );
}
