/** A deployment's own D1, through `wrangler d1 execute`, which knows the account and where a service on this machine keeps its state. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseJson } from "../../json/canonical-json.ts";
import { isObject } from "../../json/shape.ts";
import { type Database, type Row, UnreadableDatabase } from "./database.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
/** What every checkout has, above this file, and what an installed package has not. */
const MARK = "packages/countersign/package.json";

/** The checkout that this runs from. */
function checkout(): string {
  for (let folder = HERE; folder !== dirname(folder); folder = dirname(folder)) if (existsSync(join(folder, MARK))) return folder;
  throw new UnreadableDatabase("--local and --remote are for a checkout of the service: npm run countersign -- fsck, there");
}

/** What `npm run deploy` writes. */
const DEPLOYED = "wrangler.deploy.json";

/** Each read takes a second or two, however little it brings. */
const PAGE_LEAVES = 1_024;

/** The database of the service on this machine whose state is in that folder. */
export function localDatabase(stateDir: string): Database {
  const folder = resolve(checkout(), stateDir);
  // Or wrangler would make an empty one there.
  if (!existsSync(join(folder, "v3", "d1")))
    throw new UnreadableDatabase(`no service has kept its state in ${folder}; --state-dir names another folder`);
  return databaseOf(["--local", "--persist-to", folder]);
}

/** The database of the deployment with that configuration of wrangler, by default the one that was made from this checkout. */
export function remoteDatabase(config = join(checkout(), DEPLOYED)): Database {
  if (!existsSync(config)) throw new UnreadableDatabase(`there is no ${config}; npm run deploy writes one`);
  return databaseOf(["--remote", "--config", resolve(config)]);
}

function databaseOf(place: readonly string[]): Database {
  return {
    pageLeaves: PAGE_LEAVES,
    isLive: true,
    read: async (statements) => rowsIn(await execute([...place, "--command", statements.join(";\n")]), statements.length),
    close: () => undefined,
  };
}

/** What wrangler prints, as the rows of each statement. */
function rowsIn(printed: string, statements: number): Row[][] {
  const json = parseJson(printed);
  const answers = json.ok && Array.isArray(json.value) ? json.value : [];
  const results = answers.map((answer) => (isObject(answer) ? answer["results"] : undefined));
  if (results.length !== statements) throw new UnreadableDatabase(`wrangler did not print what it should:\n${printed.slice(0, 1_000)}`);
  return results.map((rows) => (Array.isArray(rows) ? rows.filter(isObject) : []));
}

/** Without what is named like a secret, unless it is wrangler's own: as scripts/child-environment.mjs, which packages have not. */
const withoutSecrets = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => /^(?:CLOUDFLARE|CF|WRANGLER)_/.test(name) || !/key|secret|token|pass(?:word|wd|phrase)|credential|private/i.test(name),
    ),
  );

/** The standard output of `wrangler d1 execute DB …`. Throws with what it said if it fails. */
async function execute(args: readonly string[]): Promise<string> {
  const env = {
    ...withoutSecrets(process.env),
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_HIDE_BANNER: "true",
    WRANGLER_WRITE_LOGS: "false",
  };
  const root = checkout();
  const command = [join(root, "node_modules/wrangler/bin/wrangler.js"), "d1", "execute", "DB", "--json", "--yes", ...args];
  const child = spawn(process.execPath, command, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) child[name].setEncoding("utf8").on("data", (chunk: string) => (said[name] += chunk));
  const code = await new Promise<number | null>((settle, fail) => {
    child.once("error", fail);
    child.once("close", settle);
  });
  if (code === 0) return said.stdout;
  throw new UnreadableDatabase(`wrangler ended with code ${code}:\n${`${said.stdout}${said.stderr}`.trim().slice(0, 2_000)}`);
}
