// `npm run dev:partykit`: the same room on PartyKit's local runtime, with backend and page, at the same URL as `npm start`.
import { startPartykit } from "./lib/local-processes.ts";
import { runInTerminal } from "./lib/terminal.ts";

await runInTerminal({
  command: "npm run dev:partykit",
  defaultPort: 1999,
  start: startPartykit,
  tidy(line) {
    if (/PartyKit v|^-+$|^Build succeeded|\[pk:inf\] (Ready|- http)/.test(line)) return undefined;
    return line.replace(/^\[pk:\w+\] /, "");
  },
});
