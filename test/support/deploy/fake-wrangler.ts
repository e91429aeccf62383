/**
 * Stands in for wrangler and for the account behind it, as far as scripts/deploy uses them: the same commands, outputs and
 * exit codes as wrangler 4.155, over a file. Everything it was given is written down: arguments, environment, input.
 */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.env.FAKE_CLOUDFLARE;
const stateFile = join(folder, "state.json");
const state = JSON.parse(readFileSync(stateFile, "utf8"));
const args = process.argv.slice(2);

const command = args.slice(0, args.findIndex((arg) => arg.startsWith("-")) >>> 0).join(" ");
const option = (name) => args[args.indexOf(`--${name}`) + 1];
const input = command === "secret bulk" ? readFileSync(0, "utf8") : "";
appendFileSync(join(folder, "journal"), `${JSON.stringify({ command, args, input, env: process.env })}\n`);

const save = () => writeFileSync(stateFile, JSON.stringify(state));
const print = (value) => console.log(JSON.stringify(value, null, 2));
function fail(message) {
  console.error(`\u001b[31m✘ \u001b[41;31m[\u001b[41;97mERROR\u001b[41;31m]\u001b[0m ${message}\n`);
  process.exit(1);
}
const config = () => JSON.parse(readFileSync(option("config"), "utf8"));
const requireWorker = () =>
  state.worker ?? fail(`Worker "${option("name")}" not found.\n\nIf this is a new Worker, run \`wrangler deploy\` first to create it.`);
const databaseOf = ({ d1_databases: [{ database_id: id }] }) =>
  state.databases.find(({ uuid }) => uuid === id) ?? fail(`Couldn't find DB with ID ${id}`);

/** `absent`: fails before it does anything; `present`: does it, and fails; `nothing`: says that all is well and does nothing. */
const fault = state.faults[command];
delete state.faults[command];
if (fault !== undefined) save();
if (fault === "absent") fail("A request to the Cloudflare API failed.");
if (fault === "nothing") process.exit(0);

switch (command) {
  case "whoami":
    if (!state.signedIn) fail("Not logged in.");
    print({ loggedIn: true, accounts: [{ id: "a", name: "Example" }] });
    break;
  case "secret list":
    print(Object.keys(requireWorker().secrets).map((name) => ({ name, type: "secret_text" })));
    break;
  case "secret bulk":
    state.worker ??= { secrets: {}, versions: [] };
    Object.assign(state.worker.secrets, JSON.parse(input));
    break;
  case "deployments status":
    if (requireWorker().versions.length === 0) fail(`The Worker ${option("name")} has no deployments.`);
    print({ id: "d", source: "wrangler", versions: [{ version_id: state.worker.versions.at(-1).id, percentage: 100 }] });
    break;
  case `versions view ${args[2]}`:
    print({ id: args[2], resources: { bindings: state.worker.versions.find(({ id }) => id === args[2]).bindings } });
    break;
  case "d1 list":
    print(state.databases.map(({ uuid, name }) => ({ uuid, name, version: "production" })));
    break;
  case `d1 create ${args[2]}`:
    if (state.databases.some(({ name }) => name === args[2])) fail("A database with that name already exists");
    state.databases.push({
      uuid: `5c0ffee5-0000-4000-8000-00000000000${state.databases.length}`,
      name: args[2],
      migrated: false,
      log: null,
    });
    console.log(`✅ Successfully created DB '${args[2]}'`);
    break;
  case "d1 migrations apply DB":
    databaseOf(config()).migrated = true;
    break;
  case "d1 migrations list DB":
    console.log(databaseOf(config()).migrated ? "✅ No migrations to apply!" : "Migrations to be applied:\n0001");
    break;
  case "d1 execute DB": {
    const { log } = databaseOf(config());
    print([{ results: log === null ? [] : [{ origin: log }], success: true, meta: {} }]);
    break;
  }
  case "deploy": {
    const { vars, d1_databases: databases } = config();
    if (args.includes("--dry-run")) break;
    databaseOf(config());
    state.worker ??= { secrets: {}, versions: [] };
    const id = `version-${state.worker.versions.length + 1}`;
    const plain = Object.entries(vars).map(([name, text]) => ({ name, type: "plain_text", text }));
    state.worker.versions.push({ id, bindings: [...plain, { name: "DB", type: "d1", id: databases[0].database_id }] });
    const reported = { type: "deploy", version: 1, worker_name: "countersign", version_id: state.aborts ? null : id };
    const session = { type: "wrangler-session", version: 1 };
    appendFileSync(process.env.WRANGLER_OUTPUT_FILE_PATH, `${JSON.stringify(session)}\n${JSON.stringify(reported)}\n`);
    break;
  }
  default:
    fail(`Unknown arguments: ${args.join(" ")}`);
}
save();
if (fault === "present") fail("A request to the Cloudflare API failed.");
