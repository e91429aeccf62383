/** The committed wrangler.toml, and what a deployment adds to it: wrangler.deploy.json, written anew by every run and not committed. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "smol-toml";
import { bucketPlace, placementOf } from "./places.mjs";
import { replaceFile } from "../../packages/countersign/src/cli/files/replace-file.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export const DEPLOYED = "wrangler.deploy.json";
const CHECKED = "wrangler.check.json";

/** The ids that wrangler.toml has for databases that are still to be made, apart from each other; a fork may have its own. */
const NO_DATABASE = /^0{8}(?:-0{4}){3}-0{11}\d$/;

/** wrangler.toml, by the parser that wrangler has inside, which alone loads in a hundredth of the time. */
export function readCommitted() {
  const raw = parse(readFileSync(join(ROOT, "wrangler.toml"), "utf8"));
  const database = raw.d1_databases.find(({ binding }) => binding === "DB");
  const audit = raw.d1_databases.find(({ binding }) => binding === "AUDIT");
  const [archive] = raw.r2_buckets ?? [];
  return {
    raw,
    worker: raw.name,
    database: database.database_name,
    databaseId: databaseIdOf(database),
    audit: audit?.database_name ?? null,
    auditId: audit === undefined ? null : databaseIdOf(audit),
    archive: archive?.bucket_name ?? null,
    queue: raw.queues?.producers?.[0]?.queue ?? null,
    hasEmail: (raw.send_email ?? []).length > 0,
  };
}

const databaseIdOf = ({ database_id: id }) => (NO_DATABASE.test(id) ? null : id);

/**
 * wrangler.toml with this deployment's address, variables and database, and with the archive, the queue and e-mail if it has them.
 * Variables set before stay: `keep_vars`.
 */
function deploymentOf({ raw }, { origin, variables, databaseId, auditId, hasArchive, hasQueue, sendsEmail }) {
  const { hostname } = new URL(origin);
  const address = hostname.endsWith(".workers.dev") ? { workers_dev: true } : { routes: [{ pattern: hostname, custom_domain: true }] };
  return {
    ...raw,
    ...address,
    ...placementOf(variables),
    keep_vars: true,
    vars: { ...raw.vars, ...variables, PUBLIC_ORIGIN: origin },
    d1_databases: raw.d1_databases.map((database) => ({
      ...database,
      database_id: (database.binding === "AUDIT" ? auditId : databaseId) ?? database.database_id,
    })),
    r2_buckets: hasArchive ? raw.r2_buckets.map((bucket) => ({ ...bucket, ...bucketPlace(variables) })) : [],
    queues: hasQueue ? raw.queues : {},
    send_email: sendsEmail ? raw.send_email : [],
  };
}

/** Paths in it are relative to it, so it lies beside wrangler.toml. */
const write = (name, content) => replaceFile(join(ROOT, name), `${JSON.stringify(content, null, 2)}\n`);

export const writeDeployment = (committed, deployment) => write(DEPLOYED, deploymentOf(committed, deployment));

/** Calls `use` with the name of a configuration that is there only meanwhile. */
export async function withCheckedDeployment(committed, deployment, use) {
  await write(CHECKED, deploymentOf(committed, deployment));
  try {
    return await use(CHECKED);
  } finally {
    rmSync(join(ROOT, CHECKED));
  }
}
