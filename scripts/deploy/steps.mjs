/**
 * The steps of a deployment, in order. Each looks first whether its work is done; each finds what it needs at Cloudflare or
 * in `deployment`, where earlier steps leave it. `run(deployment, settings)` resolves to what is worth telling.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OPTIONAL_SECRETS } from "../../src/config/settings.ts";
import { MAKE_SECRET } from "../local/secrets.mjs";
import { DEPLOYED, readCommitted, withCheckedDeployment, writeDeployment } from "./configuration.mjs";
import { keepSecrets, keptSecrets, keptSecretsFile } from "./kept-secrets.mjs";
import { findDatabases, migrate } from "./databases.mjs";
import { placesInWords, withServedPlaces } from "./places.mjs";
import { awaitsFirstPerson, untilWell } from "./service.mjs";
import { findArchive } from "./archive.mjs";
import { findQueue, findSenders } from "./notices.mjs";
import { decideOrigin, SECRETS } from "./settings.mjs";
import { languageArguments } from "../pages/language.mjs";
import { wrangler, wranglerJson, wranglerJsonUnless } from "./wrangler.mjs";

/** What wrangler says of a Worker that does not exist, or was never uploaded. */
const NO_WORKER = /Worker ".*" not found|This Worker does not exist|has no deployments/;

async function inTemporaryFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), "countersign-deploy-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** How often one agent and one session may call, as wrangler.toml binds it. */
const callLimitsOf = ({ raw: { ratelimits = [] } }) => {
  const limits = ratelimits.map(({ name, simple }) => `${name} ${simple.limit} in ${simple.period} s`);
  return `limits of calls: ${limits.join(", ") || "none"}`;
};

/** The database of what agents do through the gateway. */
const auditInWords = ({ audit }) => `record of calls: ${audit ?? "none, the gateway is off"}`;

/** The classes of objects that wrangler.toml binds; wrangler makes them with the upload. */
const objectsOf = ({ raw }) => `objects: ${raw.durable_objects.bindings.map(({ class_name: name }) => name).join(", ")}`;

const bundle = {
  title: "Check the settings, build and bundle: wrangler deploy --dry-run",
  isLocal: true,
  async run(deployment, { origin, variables }) {
    deployment.committed = readCommitted();
    // A deployment that keeps its address has that one to come; any will do to bundle.
    const { archive: bucket, queue, hasEmail } = deployment.committed;
    const has = { hasArchive: bucket !== null, hasQueue: queue !== null, sendsEmail: hasEmail };
    const checked = { origin: origin ?? "https://gate.example.com", variables, databaseId: null, auditId: null, ...has };
    await withCheckedDeployment(deployment.committed, checked, (config) =>
      inTemporaryFolder((folder) => wrangler(["deploy", "--dry-run", "--config", config, "--outdir", folder, ...languageArguments()])),
    );
    deployment.callLimits = callLimitsOf(deployment.committed);
    deployment.objects = objectsOf(deployment.committed);
    deployment.places = placesInWords(variables, deployment.committed);
    deployment.audit = auditInWords(deployment.committed);
    deployment.archive = `archive: ${bucket ?? "none"}, if the account has R2`;
    deployment.notices = [
      `queue: ${queue ?? "none"}, if the account has queues`,
      `e-mail: ${hasEmail ? "EMAIL, if a domain of the account sends" : "none"}`,
      `secrets: ${SECRETS.join(", ")}, made where they are missing`,
    ];
  },
};

const account = {
  title: "Find the account: wrangler whoami",
  async run() {
    try {
      await wranglerJson(["whoami", "--json"]);
    } catch (error) {
      throw new Error(`not signed in to Cloudflare; run npx wrangler login, or set CLOUDFLARE_API_TOKEN\n${error.message}`, {
        cause: error,
      });
    }
  },
};

/** Names of the Worker's secrets; null if there is no Worker. */
async function secretsSet({ committed }) {
  const listed = await wranglerJsonUnless(NO_WORKER, ["secret", "list", "--name", committed.worker, "--format", "json"]);
  return listed === null ? null : new Set(listed.map(({ name }) => name));
}

/** The variables that are served now, and whether with an archive and e-mail; null if nothing is. */
async function servedNow({ worker }) {
  const status = await wranglerJsonUnless(NO_WORKER, ["deployments", "status", "--name", worker, "--json"]);
  const versionId = status?.versions.toSorted((one, other) => other.percentage - one.percentage)[0]?.version_id;
  if (versionId === undefined) return null;
  const { resources } = await wranglerJson(["versions", "view", versionId, "--name", worker, "--json"]);
  const bindings = resources.bindings ?? [];
  const variables = bindings.filter(({ type }) => type === "plain_text").map(({ name, text }) => [name, text]);
  const has = (wanted, kind) => bindings.some(({ name, type }) => name === wanted && type === kind);
  return {
    variables: Object.fromEntries(variables),
    hasArchive: has("ARCHIVE", "r2_bucket"),
    hasEmail: has("EMAIL", "send_email"),
  };
}

const whatIsDeployed = {
  title: "Find what is deployed: wrangler secret list, deployments status, versions view",
  async run(deployment, settings) {
    deployment.secrets = await secretsSet(deployment);
    const now = deployment.secrets === null ? null : await servedNow(deployment.committed);
    const variables = now?.variables ?? null;
    const served = variables?.PUBLIC_ORIGIN ?? null;
    deployment.hadArchive = now?.hasArchive ?? false;
    deployment.hadEmail = now?.hasEmail ?? false;
    deployment.origin = decideOrigin(settings, served);
    deployment.variables = withServedPlaces(settings.variables, variables);
    deployment.places = placesInWords(deployment.variables, deployment.committed);
    // Here, before anything is made, it is refused if the file for secrets is a link, or where others could replace it.
    keptSecrets(deployment.origin);
    const isNewDomain = served !== deployment.origin && !deployment.origin.endsWith(".workers.dev");
    if (isNewDomain && !settings.isAttended && !settings.replacesDns) {
      throw new Error(
        `without a terminal wrangler replaces whatever ${new URL(deployment.origin).hostname} points to now, unasked. ` +
          "Run it in a terminal, where it asks, or pass --replace-dns",
      );
    }
    return [
      served === null
        ? `nothing yet; it will be at ${deployment.origin}`
        : `${served}${served === deployment.origin ? "" : `; it moves to ${deployment.origin}`}`,
    ];
  },
};

const archive = {
  title: "Find or create the bucket of the archive: wrangler r2 bucket list, r2 bucket create",
  async run(deployment) {
    const found = await findArchive(deployment.committed.archive, deployment);
    deployment.hasArchive = found.bucket !== null;
    deployment.archive = `archive: ${found.bucket ?? "none, requests that are over stay in their objects"}`;
    return [found.said];
  },
};

const notices = {
  title: "Find or create the queue, and see whether e-mail can be sent: wrangler queues create, email sending list",
  async run(deployment) {
    const { committed, hadEmail } = deployment;
    const found = await findQueue(committed.queue, deployment);
    const senders = await findSenders({ hasEmail: committed.hasEmail, hadEmail });
    deployment.hasQueue = found.queue !== null;
    deployment.sendsEmail = senders.sends;
    deployment.notices = [found.said, senders.said];
    return deployment.notices;
  },
};

const database = {
  title: `Find or create the databases, and write ${DEPLOYED}: wrangler d1 list, d1 create`,
  async run(deployment) {
    const { committed, origin, variables, hasArchive, hasQueue, sendsEmail } = deployment;
    const { databaseId, auditId, isNew, said } = await findDatabases(committed, variables);
    deployment.isNewDatabase = isNew;
    await writeDeployment(committed, { origin, variables, databaseId, auditId, hasArchive, hasQueue, sendsEmail });
    return said;
  },
};

const migrations = {
  title: "Apply migrations: wrangler d1 migrations apply DB --remote, and AUDIT",
  async run({ committed }) {
    await migrate("DB");
    if (committed.audit !== null) await migrate("AUDIT");
  },
};

/** Refuses to make a second signing key for a log that has one. */
async function requireNoLog() {
  const command = ["--command", "SELECT origin FROM log LIMIT 1"];
  const [{ results }] = await wranglerJson(["d1", "execute", "DB", "--remote", "--config", DEPLOYED, "--json", ...command]);
  if (results.length === 0) return;
  throw new Error(
    `the database holds the log ${results[0].origin}, which no other key can go on with. ` +
      "Give the log's own: LOG_SIGNING_KEY=… npm run deploy",
  );
}

/** Without it channels that need a credential are off, and nothing else: where it cannot be kept it is not made. */
const MAY_BE_MISSING = "VAULT_SECRET";

/** Names of secrets: those that have to be set, and of these those that have to be made; and what is said of the others. */
function secretsToSet({ secrets: isSet }, { secrets: given, isThrowaway }, kept) {
  const isKnown = (name) => given[name] !== undefined || kept[name] !== undefined;
  const further = OPTIONAL_SECRETS.filter((name) => given[name] !== undefined);
  const isLeftOut = (name) => name === MAY_BE_MISSING && isThrowaway && !isKnown(name);
  const missing = [...SECRETS, ...further].filter((name) => !isSet?.has(name));
  const left = further.filter((name) => isSet?.has(name)).map((name) => `${name} was set before, and is left as it was`);
  for (const name of missing.filter(isLeftOut))
    left.push(`${name}: not made on a machine that is thrown away; channels that need a credential are off until it is given`);
  const toSet = missing.filter((name) => !isLeftOut(name));
  return { toSet, toMake: toSet.filter((name) => !isKnown(name)), left };
}

const secrets = {
  title: "Make and set the secrets that are missing: wrangler secret bulk",
  async run(deployment, settings) {
    const { committed, origin, isNewDatabase } = deployment;
    const kept = keptSecrets(origin);
    const { toSet, toMake, left } = secretsToSet(deployment, settings, kept);
    if (toMake.includes("LOG_SIGNING_KEY") && !isNewDatabase) await requireNoLog();
    if (toMake.length > 0 && settings.isThrowaway) {
      throw new Error(
        `${toMake.join(", ")}: made here they would be lost with this machine. Make them where they can be kept (openssl rand -base64 32), and give them in the environment`,
      );
    }
    const made = Object.fromEntries(toMake.map((name) => [name, MAKE_SECRET[name]()]));
    if (toMake.length > 0) await keepSecrets(origin, made);

    const known = { ...kept, ...made, ...settings.secrets };
    deployment.setupToken = toSet.includes("SETUP_TOKEN") ? known.SETUP_TOKEN : kept.SETUP_TOKEN;
    if (toSet.length === 0) return [left.length === 0 ? "all are set" : "those that have to be are set", ...left];
    const input = JSON.stringify(Object.fromEntries(toSet.map((name) => [name, known[name]])));
    await wrangler(["secret", "bulk", "--name", committed.worker], { input });
    const after = await secretsSet(deployment);
    const notSet = toSet.filter((name) => !after?.has(name));
    if (notSet.length > 0) throw new Error(`not set: ${notSet.join(", ")}`);
    const copies = toMake.length === 0 ? [] : [`${toMake.join(", ")}: made, and kept in ${keptSecretsFile(origin)}`];
    return [`set: ${toSet.join(", ")}`, ...left, ...copies];
  },
};

const upload = {
  title: "Upload: wrangler deploy",
  async run(deployment, { isAttended }) {
    deployment.version = await inTemporaryFolder(async (folder) => {
      const report = join(folder, "report");
      await wrangler(["deploy", "--config", DEPLOYED, ...languageArguments()], { isAttended, env: { WRANGLER_OUTPUT_FILE_PATH: report } });
      const events = readFileSync(report, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      return events.find(({ type }) => type === "deploy")?.version_id ?? null;
    });
    if (deployment.version === null) throw new Error("wrangler uploaded nothing");
    return [
      `version ${deployment.version}`,
      deployment.callLimits,
      deployment.places,
      deployment.audit,
      deployment.archive,
      ...deployment.notices,
    ];
  },
};

const wellness = {
  title: "Wait until it is well: GET /healthz",
  async run({ origin, version }, { waitMs }) {
    try {
      await untilWell(origin, version, waitMs);
    } catch (error) {
      throw new Error(`${error.message}\nThe version before serves again after: npx wrangler rollback --config ${DEPLOYED}`, {
        cause: error,
      });
    }
  },
};

const firstPerson = {
  title: "See whether anybody is enrolled: GET /setup",
  async run(deployment) {
    const { origin, setupToken } = deployment;
    deployment.farewell = [`Countersign is ready at ${origin}`];
    if (Object.keys(keptSecrets(origin)).length > 0) {
      deployment.farewell.push(
        `${keptSecretsFile(origin)} holds the only copy of secrets that Cloudflare does not give out again. Move LOG_SIGNING_KEY, SERVER_SECRET and VAULT_SECRET`,
        "to where you keep what must not be lost (a password manager, a safe), then delete the file.",
      );
    }
    if (await awaitsFirstPerson(origin)) {
      const token = setupToken ?? "";
      deployment.farewell.push(`First person: ${origin}/setup#${token}`);
      if (token === "")
        deployment.farewell.push("Put the SETUP_TOKEN that was set before after the #; if it is lost: npx wrangler secret put SETUP_TOKEN");
    }
  },
};

export const STEPS = [bundle, account, whatIsDeployed, archive, notices, database, migrations, secrets, upload, wellness, firstPerson];
