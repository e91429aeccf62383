/** The databases in the account that is deployed to: that of everything, and that of the record of calls. */
import { DEPLOYED } from "./configuration.mjs";
import { databaseArguments } from "./places.mjs";
import { wrangler, wranglerJson } from "./wrangler.mjs";

const databases = () => wranglerJson(["d1", "list", "--json"]);

/** The id of the database of that name, found among `listed` or made, and whether it is new. */
async function databaseNamed(name, listed, variables) {
  const idIn = (all) => all.find((one) => one.name === name)?.uuid;
  const found = idIn(listed);
  if (found !== undefined) return { id: found, isNew: false };
  await wrangler(["d1", "create", name, ...databaseArguments(variables)]);
  const id = idIn(await databases());
  if (id === undefined) throw new Error(`wrangler d1 create ${name} made no database`);
  return { id, isNew: true };
}

const inWords = ({ id, isNew }) => `${id}, ${isNew ? "created" : "found"}`;

/** Both, found or made; `auditId` is null where wrangler.toml binds none. */
export async function findDatabases(committed, variables) {
  const given = (id) => ({ id, isNew: false });
  const areGiven = committed.databaseId !== null && (committed.audit === null || committed.auditId !== null);
  const listed = areGiven ? [] : await databases();
  const find = (name, id) => (id === null ? databaseNamed(name, listed, variables) : given(id));
  const main = await find(committed.database, committed.databaseId);
  const audit = committed.audit === null ? null : await find(committed.audit, committed.auditId);
  const said = [inWords(main), ...(audit === null ? [] : [`record of calls: ${inWords(audit)}`])];
  return { databaseId: main.id, auditId: audit?.id ?? null, isNew: main.isNew, said };
}

/** Applies what is new to the database of that binding. */
export async function migrate(binding) {
  const target = [binding, "--remote", "--config", DEPLOYED];
  await wrangler(["d1", "migrations", "apply", ...target]);
  const left = await wrangler(["d1", "migrations", "list", ...target]);
  if (!left.includes("No migrations to apply")) throw new Error(`some of ${binding} are left:\n${left}`);
}
