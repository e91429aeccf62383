/**
 * Runs workerd on the configuration that is its standard input, for as long as this process and the one that started it live.
 * workerd itself would go on without them.
 */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";

// The one that the installed miniflare, whose D1 it runs, was made for.
const ofMiniflare = createRequire(createRequire(import.meta.url).resolve("miniflare"));
const { default: workerd } = ofMiniflare("workerd");

// No inspector and no control socket: what listens is in the configuration and nowhere else.
const runtime = spawn(workerd, ["serve", "--binary", "--experimental", "-"], { stdio: "inherit" });
// What is stored is safe whenever it ends, and whoever waits for an answer would keep it from ending by itself.
for (const name of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(name, () => runtime.kill("SIGKILL"));
runtime.once("error", (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
runtime.once("exit", (code) => (process.exitCode = code ?? 1));
