/**
 * `countersign policy init`: a policy to start from, with its cases and the schema that editors load; one of the examples, or one for the
 * tools of a server. Nothing is written over.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { serverPolicy } from "../../policy/proposing/server-policy.ts";
import { policySchema } from "../../policy/document/policy-document.ts";
import { fileTrouble, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { visible } from "../visible.ts";
import { type FromServer, inventoryTable, listedBy } from "./from-server.ts";

const EXAMPLES = ["small-team", "regulated-team", "agent-platform"];
const SCHEMA = "policy.schema.json";
/** Where an example's first line says that its schema is. */
const SCHEMA_LINE = /^# yaml-language-server: \$schema=.*$/m;

const AT_ITS_SCHEMA = `# yaml-language-server: $schema=./${SCHEMA}`;

/** The folder of this package: two levels up from a source, one from what is built. */
function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "policies"))) {
    if (dirname(folder) === folder) throw new Error("the package's policies are missing");
    folder = dirname(folder);
  }
  return folder;
}

/** The schema as a file. */
export const schemaText = (): string => `${JSON.stringify(policySchema(), null, 2)}\n`;

/** What the command says in the end. */
export async function initCommand(args: string[], surroundings: Surroundings, usage: string): Promise<Outcome> {
  const parsed = parseStrictly(args, { from: { type: "string" }, name: { type: "string" }, url: { type: "string" } });
  if (!parsed.ok) return unusable("policy", parsed.refusal, usage);
  const { values, positionals } = parsed.value;
  const { from, name, url } = values;
  if (from !== undefined && positionals.length > 0) return unusable("policy", "give --from, or the name of an example", usage);
  if (from !== undefined) return initFrom({ from, name, url }, surroundings, usage);
  if (name !== undefined || url !== undefined) return unusable("policy", "--name and --url belong to --from", usage);
  return initExample(positionals, usage);
}

function initExample([name = "small-team", ...surplus]: readonly string[], usage: string): Outcome {
  if (!EXAMPLES.includes(name) || surplus.length > 0) return unusable("policy", `name one of ${EXAMPLES.join(", ")}`, usage);
  const example = (kind: string) => readFileSync(join(packageFolder(), "policies", `${name}.${kind}.yaml`), "utf8");
  return written(example("policy").replace(SCHEMA_LINE, AT_ITS_SCHEMA), example("cases"), usage);
}

/** The inventory stands before what is told of the files. */
async function initFrom(wanted: FromServer, surroundings: Surroundings, usage: string): Promise<Outcome> {
  const listed = await listedBy(wanted, surroundings);
  if (!listed.ok) {
    const { isUnusable, why } = listed.refusal;
    return isUnusable ? unusable("policy", why, usage) : { exitCode: 1, stderr: `countersign policy: ${visible(why)}\n` };
  }
  const { source, cases, inventory } = serverPolicy(listed.value.server, listed.value.tools);
  const done = written(`${AT_ITS_SCHEMA}\n${source}`, cases, usage);
  return done.exitCode === 0 ? { ...done, stdout: `${inventoryTable(inventory)}\n${done.stdout ?? ""}` } : done;
}

function written(policy: string, cases: string, usage: string): Outcome {
  const files: [name: string, content: string][] = [
    ["policy.yaml", policy],
    ["policy.cases.yaml", cases],
    [SCHEMA, schemaText()],
  ];
  const there = files.filter(([file]) => existsSync(file)).map(([file]) => file);
  if (there.length > 0) return { exitCode: 1, stderr: `countersign policy: ${there.join(", ")}: there already; nothing was written\n` };
  try {
    for (const [file, content] of files) writeFileSync(file, content, { flag: "wx", mode: 0o644 });
  } catch (error) {
    return unusable("policy", `cannot write here: ${fileTrouble(error)}`, usage);
  }
  const next = "countersign policy check policy.yaml\ncountersign policy test policy.yaml policy.cases.yaml\n";
  return { exitCode: 0, stdout: `Written: ${files.map(([file]) => file).join(", ")}. Then:\n${next}` };
}
