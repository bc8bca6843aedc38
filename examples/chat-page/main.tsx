/** Entry of the page. */
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { LocaleProvider } from "./language/locale.tsx";
import "./styles/index.css";

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <LocaleProvider>
      <App />
    </LocaleProvider>,
  );
}
