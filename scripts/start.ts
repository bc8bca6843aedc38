// `npm start`: backend, gateway and page on this machine, nothing else needed. PORT and BACKEND_PORT choose other ports,
// NEST_BASE another backend.
import { startGateway } from "./lib/local-processes.ts";
import { runInTerminal } from "./lib/terminal.ts";

await runInTerminal({
  command: "npm start",
  defaultPort: 8787,
  // The backend beside it knows a generation by its key: a call that a crash cut off before its first word may be made again.
  // Which provider it has is its own setting.
  start: ({ isOurBackend, ...options }) =>
    startGateway({
      ...options,
      vars: { ...(isOurBackend && { UPSTREAM_RESUMABLE: "yes" }) },
    }),
  tidy(line) {
    // wrangler introduces itself with tables of bindings and modules before it is ready, and speaks of its own affairs afterwards.
    if (
      /^(Your Worker has access|Binding\s|env\.|⎔ |\[wrangler:\w+\] (?:Ready|✨)|Note that there is a newer|\[custom build\]|Attaching additional|✨|▲ \[WARNING\] Scheduled Workers|\s*To manually trigger a scheduled|\s*curl .*scheduled|\s*For more details, see .*cron-triggers|[┌│├└])/u.test(
        line,
      )
    ) {
      return undefined;
    }
    return line.replace(/^(\[wrangler:\w+\]|⎔) /, "");
  },
});
