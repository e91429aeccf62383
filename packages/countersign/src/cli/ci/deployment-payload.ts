/** The payload of a deployment, `countersign/deployment@v1` (docs/ci.md): made when people are asked and again right before it is done. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type JsonObject, readPayload } from "../../json/canonical-json.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { fileTrouble, type Surroundings } from "../command.ts";
import { payloadOfFile } from "../payloads/payload.ts";
import { checkoutFacts } from "./checkout-facts.ts";
import type { CiInputs } from "./ci-inputs.ts";
import { jobFactsOf } from "./job-facts.ts";

/** What ready payloads of a deployment may take together; the rest is for everything else. */
const READY_BYTES = 52_000;

/** The digest of a file of any size. */
async function digestOf(path: string): Promise<Result<JsonObject, string>> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      const part = chunk as Buffer;
      hash.update(part);
      bytes += part.length;
    }
  } catch (error) {
    return refuse(`cannot read ${path}: ${fileTrouble(error)}`);
  }
  return accept({ path, sha256: hash.digest("hex"), bytes });
}

/** KEY=VALUE lines as an object. */
function readFacts(lines: readonly string[]): Result<JsonObject, string> {
  const facts = new Map<string, string>();
  for (const line of lines) {
    const [, key, value] = /^([^=\s][^=]*?)\s*=\s*(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) return refuse(`a fact is KEY=VALUE, and ${JSON.stringify(line)} is not`);
    if (key === "__proto__") return refuse("a fact may not be named __proto__");
    if (facts.has(key)) return refuse(`the fact ${JSON.stringify(key)} is given twice`);
    facts.set(key, value);
  }
  return accept(Object.fromEntries(facts));
}

/** All of these, or why one of them cannot be had. */
async function all<T>(names: readonly string[], of: (name: string) => Promise<Result<T, string>>): Promise<Result<T[], string>> {
  const made: T[] = [];
  for (const name of names) {
    const one = await of(name);
    if (!one.ok) return one;
    made.push(one.value);
  }
  return accept(made);
}

/** A list under its name, if there is anything in it. */
const listed = (name: string, items: JsonObject[]): JsonObject => (items.length === 0 ? {} : { [name]: items });

/** The payload, of the facts as they are now; or why it cannot be made. */
export async function deploymentPayload(inputs: CiInputs, { environment }: Surroundings): Promise<Result<JsonObject, string>> {
  const { service, environment: target, rollback, "migration-target": database } = inputs;
  if (service === undefined || target === undefined) return refuse("--service and --environment say what is deployed, and where to");
  const job = jobFactsOf(environment);
  const checkout = await checkoutFacts(environment);
  if (!checkout.ok) return checkout;
  const commit = checkout.value ?? (job.commit === undefined ? {} : { commit: job.commit });
  const facts = readFacts(inputs.fact);
  if (!facts.ok) return facts;
  const files = await all(inputs.file, digestOf);
  if (!files.ok) return files;

  const ready = inputs.terraform.length + inputs.kubernetes.length + inputs.migration.length;
  const mostBytes = Math.floor(READY_BYTES / Math.max(1, ready));
  const terraform = await all(inputs.terraform, (file) => payloadOfFile("terraform", file, { mostBytes }));
  if (!terraform.ok) return terraform;
  const kubernetes = await all(inputs.kubernetes, (file) => payloadOfFile("kubernetes", file, { mostBytes }));
  if (!kubernetes.ok) return kubernetes;
  const migration = await all(inputs.migration, (file) => payloadOfFile("migration", file, { mostBytes, target: database }));
  if (!migration.ok) return migration;

  const { repository, ref, actor, run, platform } = job;
  const payload = readPayload({
    type: "countersign/deployment@v1",
    service,
    environment: target,
    ...commit,
    ...(ref !== undefined && { ref }),
    ...(repository !== undefined && { repository }),
    ...(actor !== undefined && { actor }),
    platform,
    ...(run !== undefined && { run }),
    ...(rollback !== undefined && { rollback }),
    ...(inputs.fact.length > 0 && { facts: facts.value }),
    ...listed("files", files.value),
    ...listed("migrations", migration.value),
    ...listed("terraform", terraform.value),
    ...listed("kubernetes", kubernetes.value),
  });
  return payload.ok ? payload : refuse(`the payload cannot be shown and signed: ${payload.refusal.message} (${payload.refusal.place})`);
}
