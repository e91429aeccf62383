/** Pages that a person goes on with: what is signed needs a passkey, and so a browser. */
import { spawn } from "node:child_process";
import type { Outcome, Surroundings } from "../command.ts";
import { withoutOwnKeys } from "../own-keys.ts";
import { originOf } from "../service.ts";
import { visible } from "../visible.ts";

const OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/** Opens it where a person sits at a terminal; nothing rests on it, since the address is printed as well. */
export function openPage(url: string, { isTerminal, environment }: Surroundings): void {
  if (!isTerminal || (environment["CI"] ?? "") !== "") return;
  const [program = "", ...args] = OPENERS[process.platform] ?? ["xdg-open"];
  const child = spawn(program, [...args, url], { stdio: "ignore", detached: true, env: withoutOwnKeys(environment) });
  child.once("error", () => {});
  child.unref();
}

/** Sends the person to the page that does it. */
export function onPage(path: string, what: string, surroundings: Surroundings): Outcome {
  const origin = originOf(surroundings.environment);
  if (!origin.ok) return { exitCode: 2, stderr: `countersign: ${visible(origin.refusal)}\n` };
  const url = `${origin.value}${path}`;
  openPage(url, surroundings);
  return { exitCode: 0, stdout: `${url}\n`, stderr: `${what} takes a passkey, so it is done on that page.\n` };
}
