/**
 * Stands in for wrangler and for the account behind it, as far as scripts/deploy uses them: the same commands, outputs and exit codes as
 * wrangler 4.155. Not in scope: how a process comes to it (fake-cloudflare.ts).
 */
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** `absent`: it fails before it does anything; `present`: it does it, and fails; `nothing`: it succeeds and does nothing. */
export type Fault = "absent" | "present" | "nothing";

interface Binding {
  name: string;
  type: string;
  text?: string;
  id?: string;
}

export interface Account {
  signedIn: boolean;
  /** Whether the account has R2, and whoever calls a right to it. */
  r2: "on" | "off" | "no right";
  buckets: string[];
  /** The same of queues; `enabling`: the account would first have to enable them. */
  queues: "on" | "no plan" | "enabling" | "no right";
  queueNames: string[];
  /** Domains that send e-mail; null where whoever calls may not look. */
  senders: string[] | null;
  databases: { uuid: string; name: string; migrated: boolean; log: string | null }[];
  worker: { secrets: Record<string, string>; versions: { id: string; bindings: Binding[] }[] } | null;
  /** By command; each happens once. */
  faults: Record<string, Fault>;
  /** The upload is called off, as by an answer to a question. */
  aborts: boolean;
  /** What the service says of itself. */
  enrolled: boolean;
  ailing: string | null;
}

/** One call of wrangler. */
export interface WranglerCall {
  command: string;
  args: string[];
  input: string;
  env: NodeJS.Dict<string>;
}

export interface WranglerAnswer {
  code: number;
  stdout: string;
  stderr: string;
}

interface Configuration {
  vars: Record<string, string>;
  d1_databases: { binding: string; database_id: string }[];
  r2_buckets: { binding: string; bucket_name: string }[];
  queues: { producers?: { binding: string; queue: string }[]; consumers?: { queue: string }[] };
  send_email: { name: string }[];
}

/** The words before the first option. */
export const commandOf = (args: readonly string[]): string => args.slice(0, args.findIndex((arg) => arg.startsWith("-")) >>> 0).join(" ");

class Refusal extends Error {}

function refuse(message: string): never {
  throw new Refusal(message);
}

const optionOf = (args: readonly string[], name: string): string => args[args.indexOf(`--${name}`) + 1] ?? "";

/** What the API says against a queue, and against looking who sends e-mail. */
const NO_QUEUES = {
  "no plan": "Queues are unavailable on the free plan. Please upgrade to a Workers Paid plan to create and use Queues [code: 100129]",
  enabling: "In order to use Queues, you must enable your account at https://dash.cloudflare.com/a/workers/queues. [code: 11002]",
  "no right": "Authentication error [code: 10000]",
};

const print = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Does what the command asks for; gives what it prints. Throws a Refusal with what wrangler would say against it. */
function carryOut(account: Account, { command, args, input, env }: WranglerCall, folder: string): string {
  const { databases } = account;
  const config = (): Configuration => JSON.parse(readFileSync(join(folder, optionOf(args, "config")), "utf8")) as Configuration;
  const worker = () =>
    account.worker ??
    refuse(`Worker "${optionOf(args, "name")}" not found.\n\nIf this is a new Worker, run \`wrangler deploy\` first to create it.`);
  const database = (wanted = "DB") => {
    const id = config().d1_databases.find(({ binding }) => binding === wanted)?.database_id;
    return databases.find(({ uuid }) => uuid === id) ?? refuse(`Couldn't find DB with ID ${id}`);
  };
  const third = args[2] ?? "";
  const fourth = args[3] ?? "";
  if (command.startsWith("r2 ") && account.r2 === "off")
    refuse("A request to the Cloudflare API failed.\n\n  Please enable R2 through the Cloudflare Dashboard. [code: 10042]");
  if (command.startsWith("r2 ") && account.r2 === "no right")
    refuse("A request to the Cloudflare API failed.\n\n  Authentication error [code: 10000]");
  switch (command) {
    case "whoami":
      if (!account.signedIn) refuse("Not logged in.");
      return print({ loggedIn: true, accounts: [{ id: "a", name: "Example" }] });
    case "secret list":
      return print(Object.keys(worker().secrets).map((name) => ({ name, type: "secret_text" })));
    case "secret bulk":
      account.worker ??= { secrets: {}, versions: [] };
      Object.assign(account.worker.secrets, JSON.parse(input));
      return "";
    case "deployments status": {
      const latest = worker().versions.at(-1) ?? refuse(`The Worker ${optionOf(args, "name")} has no deployments.`);
      return print({ id: "d", source: "wrangler", versions: [{ version_id: latest.id, percentage: 100 }] });
    }
    case `versions view ${third}`:
      return print({ id: third, resources: { bindings: worker().versions.find(({ id }) => id === third)?.bindings } });
    case "r2 bucket list": {
      // As many as the account's first page has.
      const listed = account.buckets.slice(0, 20).map((name) => `name:           ${name}\ncreation_date:  2026-11-29T00:00:00.000Z`);
      return `Listing buckets...\n${listed.join("\n\n")}\n`;
    }
    case `r2 bucket create ${fourth}`:
      if (account.buckets.includes(fourth))
        refuse("A request to the Cloudflare API failed.\n\n  The bucket you tried to create already exists, and you own it. [code: 10004]");
      account.buckets.push(fourth);
      return `Creating bucket '${fourth}'...\n✅ Created bucket '${fourth}' with default storage class of Standard.\n`;
    case `queues create ${third}`:
      if (account.queues !== "on") refuse(`A request to the Cloudflare API (/accounts/a/queues) failed.\n\n  ${NO_QUEUES[account.queues]}`);
      if (account.queueNames.includes(third))
        refuse(`A request to the Cloudflare API (/accounts/a/queues) failed.\n\n  Queue name '${third}' is already taken. [code: 11009]`);
      account.queueNames.push(third);
      return `🌀 Creating queue '${third}'\n✅ Created queue '${third}'\n`;
    case "email sending list": {
      if (account.senders === null) refuse("A request to the Cloudflare API failed.\n\n  Authentication error [code: 10000]");
      if (account.senders.length === 0) return "No sending subdomains found in this account.\n";
      const rows = account.senders.map((name) => `│ example.com │ ${name} │ yes │ f00 │`);
      return `┌─────┬─────┬─────┬─────┐\n│ zone │ name │ enabled │ tag │\n├─────┼─────┼─────┼─────┤\n${rows.join("\n")}\n│ other.example │ off.other.example │ no │ f01 │\n`;
    }
    case "d1 list":
      return print(databases.map(({ uuid, name }) => ({ uuid, name, version: "production" })));
    case `d1 create ${third}`:
      if (databases.some(({ name }) => name === third)) refuse("A database with that name already exists");
      databases.push({ uuid: `5c0ffee5-0000-4000-8000-00000000000${databases.length}`, name: third, migrated: false, log: null });
      return `✅ Successfully created DB '${third}'\n`;
    case "d1 migrations apply DB":
    case "d1 migrations apply AUDIT":
      database(fourth).migrated = true;
      return "";
    case "d1 migrations list DB":
    case "d1 migrations list AUDIT":
      return database(fourth).migrated ? "✅ No migrations to apply!\n" : "Migrations to be applied:\n0001\n";
    case "d1 execute DB": {
      const { log } = database();
      return print([{ results: log === null ? [] : [{ origin: log }], success: true, meta: {} }]);
    }
    case "deploy": {
      const { vars, d1_databases: bound, r2_buckets: archives, queues, send_email: senders } = config();
      if (args.includes("--dry-run")) return "";
      database();
      account.worker ??= { secrets: {}, versions: [] };
      const id = `version-${account.worker.versions.length + 1}`;
      const plain = Object.entries(vars).map(([name, text]) => ({ name, type: "plain_text", text }));
      for (const { bucket_name: name } of archives) if (!account.buckets.includes(name)) refuse(`R2 bucket '${name}' not found.`);
      const buckets = archives.map(({ binding }) => ({ name: binding, type: "r2_bucket" }));
      for (const { queue } of [...(queues.producers ?? []), ...(queues.consumers ?? [])])
        if (!account.queueNames.includes(queue))
          refuse(`Queue "${queue}" does not exist. To create it, run: wrangler queues create ${queue}`);
      const others = [
        ...(queues.producers ?? []).map(({ binding }) => ({ name: binding, type: "queue" })),
        ...senders.map(({ name }) => ({ name, type: "send_email" })),
      ];
      account.worker.versions.push({
        id,
        bindings: [
          ...plain,
          ...bound.map(({ binding: name, database_id }) => ({ name, type: "d1", id: database_id })),
          ...buckets,
          ...others,
        ],
      });
      const reported = { type: "deploy", version: 1, worker_name: "countersign", version_id: account.aborts ? null : id };
      const session = { type: "wrangler-session", version: 1 };
      appendFileSync(env["WRANGLER_OUTPUT_FILE_PATH"] ?? "", `${JSON.stringify(session)}\n${JSON.stringify(reported)}\n`);
      return "";
    }
    default:
      return refuse(`Unknown arguments: ${args.join(" ")}`);
  }
}

/** Changes the account as wrangler would from the folder it is called in, and answers as it would. */
export function fakeWrangler(account: Account, call: WranglerCall, folder: string): WranglerAnswer {
  const fault = account.faults[call.command];
  account.faults = Object.fromEntries(Object.entries(account.faults).filter(([command]) => command !== call.command));
  let stdout = "";
  try {
    if (fault === "absent") refuse("A request to the Cloudflare API failed.");
    if (fault !== "nothing") stdout = carryOut(account, call, folder);
    if (fault === "present") refuse("A request to the Cloudflare API failed.");
    return { code: 0, stdout, stderr: "" };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const stderr = `\u001b[31m✘ \u001b[41;31m[\u001b[41;97mERROR\u001b[41;31m]\u001b[0m ${error.message}\n\n`;
    return { code: 1, stdout, stderr };
  }
}
