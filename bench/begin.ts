/** How every bench begins: it says when and on what it runs, and that it will not run for ever. */
import { readFileSync } from "node:fs";
import { cpus, type } from "node:os";

const MOST_MINUTES = 15;

const versionOf = (name: string): string =>
  (JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), "utf8")) as { version: string }).version;

/** Prints date, machine, load and versions. Ends the process, and with it the runtimes, if it takes far too long: so many minutes. */
export function begin(mostMinutes = MOST_MINUTES): void {
  const [one] = cpus();
  const [load] = readFileSync("/proc/loadavg", "utf8").split(" ");
  console.log(`${new Date().toISOString().slice(0, 16)}Z, ${type()}, ${cpus().length} processors (${one?.model}), load ${load}`);
  console.log(`Node ${process.versions.node}, workerd ${versionOf("workerd")}, miniflare ${versionOf("miniflare")}`);
  setTimeout(() => {
    console.error(`not finished after ${mostMinutes} minutes`);
    process.exit(1);
  }, mostMinutes * 60_000).unref();
}

/** For whoever watches; not part of what the bench says. */
export const tell = (what: string): void => console.error(what);
