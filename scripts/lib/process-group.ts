// Runs one command as the head of its own process group and ends the whole group when its starter goes away. wrangler and partykit
// start runtimes of their own; without this, a starter that is killed (a CI time-out, `kill -9`) would leave those behind, holding ports.
import { spawn } from "node:child_process";

const [command, ...args] = process.argv.slice(2);
if (command === undefined) throw new Error("usage: process-group <command> [arguments]");

const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });
child.on("error", (error) => {
  console.error(`cannot start ${command}: ${error.message}`);
  process.exitCode = 127;
  process.stdin.destroy();
});
child.on("exit", (code, signal) => {
  process.exitCode = code ?? (signal === null ? 1 : 128);
  process.stdin.destroy();
});

// A signal is sent to the group: the child has it already. Staying lets the starter see how the child ended.
process.on("SIGTERM", () => {});
process.on("SIGINT", () => {});

// The starter never writes: the end of stdin is the end of the starter.
process.stdin.resume().on("end", () => process.kill(-process.pid, "SIGKILL"));
