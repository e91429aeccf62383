/**
 * Makes the next of the kept states: starts the service of a checkout on an empty state, uses it, stops it, and keeps what then is
 * on disk. `node test/kept-state/make.ts [CHECKOUT]`; by default of this checkout, which has to be that of a version.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { copyOfCheckout, secretsOf } from "#test/support/service/checkout.ts";
import { countersign } from "#test/support/command-line.ts";
import { filesIn, type Kept, pack } from "#test/support/kept-state.ts";
import { type Service, startService } from "#test/support/service/service.ts";
import { drive, type Driven } from "./scenario.ts";

/** A deployment keeps its address, so the test has to have this one too: below those that systems give away by themselves. */
const PORT = 28_787;
const ENVIRONMENT = { ADMINS_REQUIRED: "2", ALLOW_REVEAL: "true" };

/** What a client, and a monitor, remember of the log once they have seen it. */
async function watchLog(root: string, folder: string, { origin }: Service, { requests }: Driven): Promise<Kept["log"]> {
  const { clientDir, monitorState } = filesIn(folder);
  const read = async (path: string) => (await fetch(`${origin}/log${path}`)).text();
  const vkey = await read("/vkey");
  const receipt = join(folder, "receipt.json");
  writeFileSync(receipt, requests["denied"]?.receipt ?? "");
  for (const [args, env] of [
    [["verify", receipt, "--vkey", vkey, "--origin", origin, "--remember"], { COUNTERSIGN_STATE: clientDir }],
    [["monitor", origin, "--vkey", vkey, "--state", monitorState, "--once"], {}],
  ] as const) {
    const { exitCode, stdout, stderr } = await countersign(root, args, env);
    if (exitCode !== 0) throw new Error(`countersign ${args.join(" ")}: ${exitCode}\n${stdout}${stderr}`);
  }
  rmSync(receipt);
  return { vkey, checkpoint: await read("/checkpoint") };
}

const checkout = resolve(process.argv[2] ?? fileURLToPath(new URL("../..", import.meta.url)));
const git = (...args: string[]): string => execFileSync("git", args, { cwd: checkout, encoding: "utf8" }).trim();
const commit = git("rev-parse", "HEAD");
const changed = git("status", "--porcelain", "--", ".", ":!test");
if (changed !== "") throw new Error(`this is not the version that it says it is:\n${changed}`);
const { version } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as { version: string };
const root = copyOfCheckout(checkout);
const folder = mkdtempSync(join(tmpdir(), "countersign-keeping-"));
try {
  const { stateDir } = filesIn(folder);
  const service = await startService({ root, stateDir, port: PORT, env: ENVIRONMENT });
  try {
    const driven = await drive(service);
    const log = await watchLog(root, folder, service, driven);
    await service.stop();
    const made = { version, commit, kept_at: new Date().toISOString(), port: PORT, environment: ENVIRONMENT };
    const secrets = Object.fromEntries(Object.entries(secretsOf(root)).map(([name, value = ""]) => [name, value]));
    const name = pack({ ...made, secrets, ...driven, log }, folder);
    process.stdout.write(`test/kept-state/${name} is version ${version} at ${commit}\n`);
  } finally {
    await service.kill();
  }
} finally {
  rmSync(root, { recursive: true });
  rmSync(folder, { recursive: true });
}
