/** What `npm run backup` and `npm run restore` are told. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What `npm run deploy` writes. */
const DEPLOYED = join(ROOT, "wrangler.deploy.json");

const OPTIONS = {
  local: { type: "boolean" },
  remote: { type: "boolean" },
  "state-dir": { type: "string" },
  config: { type: "string" },
  checkpoint: { type: "string" },
  "dry-run": { type: "boolean" },
  help: { type: "boolean" },
};

/** The folder of the backup, and where the databases are. Throws with a sentence for the operator. Null: to be shown the usage. */
export function readArguments(args) {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  if (values.help) return null;
  const [folder] = positionals;
  if (positionals.length !== 1) throw new Error("name one folder for the backup");
  if (values.local === values.remote) throw new Error("say --local or --remote");
  const isDryRun = values["dry-run"] === true;
  const config = resolve(ROOT, values.config ?? DEPLOYED);
  if (values.remote && !isDryRun && !existsSync(config)) throw new Error(`there is no ${config}; npm run deploy writes one`);
  const stateDir = values.local ? resolve(ROOT, values["state-dir"] ?? process.env.STATE_DIR ?? ".wrangler/state") : null;
  return { folder: resolve(folder), stateDir, config, checkpoint: values.checkpoint ?? null, isDryRun };
}
