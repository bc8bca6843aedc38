/** `node dist/main.js`: the backend with the environment's settings, until it is told to stop. */
import { type Backend, createBackend } from "./app.ts";
import { optionsFromEnv } from "./options.ts";

function fail(message: string): never {
  console.error(`backend: ${message}`);
  process.exit(1);
}

function readOptions(): ReturnType<typeof optionsFromEnv> {
  try {
    return optionsFromEnv(process.env);
  } catch (error) {
    return fail(`bad setting: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const options = readOptions();
let backend: Backend;
try {
  backend = await createBackend(options);
} catch (error) {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") fail(`port ${options.port} is taken; set PORT to another one`);
  if (code === "EACCES") fail(`port ${options.port} is not allowed; set PORT to one above 1023`);
  fail(`cannot start: ${error instanceof Error ? error.message : String(error)}`);
}
console.log(`backend listening on ${backend.url}`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    // Nothing is worth keeping a terminal waiting for: a close that hangs ends here too.
    setTimeout(() => process.exit(1), 3_000).unref();
    backend.close().then(
      () => process.exit(0),
      (error: unknown) => fail(`could not stop cleanly: ${error instanceof Error ? error.message : String(error)}`),
    );
  });
}
