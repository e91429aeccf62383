/** `countersign policy init`: a policy to start from, with its cases and the schema that editors load. Nothing is written over. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { policySchema } from "../../policy/document/policy-document.ts";
import { fileTrouble, type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";

const EXAMPLES = ["small-team", "regulated-team", "agent-platform"];
const SCHEMA = "policy.schema.json";
/** Where an example's first line says that its schema is. */
const SCHEMA_LINE = /^# yaml-language-server: \$schema=.*$/m;

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
// oxlint-disable-next-line typescript/require-await -- as the other parts of the command
export async function initCommand(args: string[], _: Surroundings, usage: string): Promise<Outcome> {
  const parsed = parseStrictly(args, {});
  if (!parsed.ok) return unusable("policy", parsed.refusal, usage);
  const [name = "small-team", ...surplus] = parsed.value.positionals;
  if (!EXAMPLES.includes(name) || surplus.length > 0) return unusable("policy", `name one of ${EXAMPLES.join(", ")}`, usage);
  const example = (kind: string) => readFileSync(join(packageFolder(), "policies", `${name}.${kind}.yaml`), "utf8");
  const files: [name: string, content: string][] = [
    ["policy.yaml", example("policy").replace(SCHEMA_LINE, `# yaml-language-server: $schema=./${SCHEMA}`)],
    ["policy.cases.yaml", example("cases")],
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
