/**
 * `countersign policy init`: a policy to start from, with its cases and the schema that editors load; one of the examples, or one for the
 * tools of a server. Nothing is written over.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type InventoryItem, serverPolicy } from "../../policy/proposing/server-policy.ts";
import { policySchema } from "../../policy/document/policy-document.ts";
import { fileTrouble, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { packageFolder } from "../files/package-folder.ts";
import { asciiJson, visible } from "../visible.ts";
import { type FromServer, inventoryTable, listedBy } from "./from-server.ts";

const EXAMPLES = ["small-team", "regulated-team", "agent-platform"];
const SCHEMA = "policy.schema.json";
/** Where an example's first line says that its schema is. */
const SCHEMA_LINE = /^# yaml-language-server: \$schema=.*$/m;

const AT_ITS_SCHEMA = `# yaml-language-server: $schema=./${SCHEMA}`;

/** The schema as a file. */
export const schemaText = (): string => `${JSON.stringify(policySchema(), null, 2)}\n`;

const OPTIONS = {
  from: { type: "string" },
  name: { type: "string" },
  url: { type: "string" },
  json: { type: "boolean" },
} as const;

/** How it is told what came of it. */
interface Telling {
  usage: string;
  json: boolean;
}

/** What the command says in the end. */
export async function initCommand(args: string[], surroundings: Surroundings, usage: string): Promise<Outcome> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return unusable("policy", parsed.refusal, usage);
  const { values, positionals } = parsed.value;
  const { from, name, url, json = false } = values;
  if (from !== undefined && positionals.length > 0) return unusable("policy", "give --from, or the name of an example", usage);
  if (from !== undefined) return initFrom({ from, name, url }, surroundings, { usage, json });
  if (name !== undefined || url !== undefined) return unusable("policy", "--name and --url belong to --from", usage);
  return initExample(positionals, { usage, json });
}

function initExample([name = "small-team", ...surplus]: readonly string[], telling: Telling): Outcome {
  if (!EXAMPLES.includes(name) || surplus.length > 0) return unusable("policy", `name one of ${EXAMPLES.join(", ")}`, telling.usage);
  const example = (kind: string) => readFileSync(join(packageFolder(), "policies", `${name}.${kind}.yaml`), "utf8");
  return written({ policy: example("policy").replace(SCHEMA_LINE, AT_ITS_SCHEMA), cases: example("cases"), inventory: null }, telling);
}

async function initFrom(wanted: FromServer, surroundings: Surroundings, telling: Telling): Promise<Outcome> {
  const listed = await listedBy(wanted, surroundings);
  if (!listed.ok) {
    const { isUnusable, why } = listed.refusal;
    return isUnusable ? unusable("policy", why, telling.usage) : { exitCode: 1, stderr: `countersign policy: ${visible(why)}\n` };
  }
  const { source, cases, inventory } = serverPolicy(listed.value.server, listed.value.tools);
  return written({ policy: `${AT_ITS_SCHEMA}\n${source}`, cases, inventory }, telling);
}

interface Begun {
  policy: string;
  cases: string;
  /** Null of an example. */
  inventory: InventoryItem[] | null;
}

/** The inventory stands before what is told of the files. */
function written({ policy, cases, inventory }: Begun, { usage, json }: Telling): Outcome {
  const files: [name: string, content: string][] = [
    ["policy.yaml", policy],
    ["policy.cases.yaml", cases],
    [SCHEMA, schemaText()],
  ];
  const names = files.map(([file]) => file);
  const there = names.filter((file) => existsSync(file));
  if (there.length > 0) return { exitCode: 1, stderr: `countersign policy: ${there.join(", ")}: there already; nothing was written\n` };
  try {
    for (const [file, content] of files) writeFileSync(file, content, { flag: "wx", mode: 0o644 });
  } catch (error) {
    return unusable("policy", `cannot write here: ${fileTrouble(error)}`, usage);
  }
  if (json) return { exitCode: 0, stdout: asciiJson({ written: names, tools: inventory }) };
  const next = "countersign policy check policy.yaml\ncountersign policy test policy.yaml policy.cases.yaml\n";
  const table = inventory === null ? "" : `${inventoryTable(inventory)}\n`;
  return { exitCode: 0, stdout: `${table}Written: ${names.join(", ")}. Then:\n${next}` };
}
