/** `countersign payload`: ready payloads for what is changed by tools that say beforehand what they will do. Offline. */
import type { JsonObject } from "../../json/canonical-json.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { type Command, type Outcome, parseStrictly, readText, type Surroundings, unusable } from "../command.ts";
import { asciiJson, visible } from "../visible.ts";
import { kubernetesPayload } from "./kubernetes-diff.ts";
import { migrationPayload } from "./migration-file.ts";
import { terraformPayload } from "./terraform-plan.ts";

const USAGE = `Usage: countersign payload terraform PLAN.json | kubernetes DIFF | migration FILE.sql [--target TEXT]

Prints a payload that says what a tool is about to change: for request --payload, or ci.
  terraform PLAN.json        what terraform show -json PLAN prints; sensitive values are left out
  kubernetes DIFF            what kubectl diff prints; values of secrets are left out
  migration FILE.sql         statements of SQL, and what is dangerous in them

What is too large to be shown is said in summary, with its digest, and the payload says so.

Options:
  --target TEXT              migration: which database
  --help                     this text

Exit code: 0 printed, 1 the file is not of that kind, 2 unusable arguments.
`;

const KINDS = ["terraform", "kubernetes", "migration"] as const;
type PayloadKind = (typeof KINDS)[number];

/** The payload of that kind from a file; or why there is none. */
export async function payloadOfFile(
  kind: PayloadKind,
  file: string,
  { target, mostBytes }: { target?: string | undefined; mostBytes?: number } = {},
): Promise<Result<JsonObject, string>> {
  const text = await readText(file);
  if (!text.ok) return text;
  if (text.value === null) return refuse(`${file} is not UTF-8`);
  if (kind === "migration") return accept(migrationPayload(text.value, { file, target }, mostBytes));
  const made = kind === "terraform" ? terraformPayload(text.value, mostBytes) : kubernetesPayload(text.value, mostBytes);
  return made.ok ? made : refuse(`${file}: ${made.refusal}`);
}

async function run(args: string[], _surroundings: Surroundings): Promise<Outcome> {
  const parsed = parseStrictly(args, { target: { type: "string" } });
  if (!parsed.ok) return unusable("payload", parsed.refusal, USAGE);
  const [named, file, ...surplus] = parsed.value.positionals;
  const { target } = parsed.value.values;
  const kind = KINDS.find((one) => one === named);
  if (kind === undefined || file === undefined || surplus.length > 0)
    return unusable("payload", `name one of ${KINDS.join(", ")}, and a file`, USAGE);
  if (target !== undefined && kind !== "migration") return unusable("payload", "--target is of a migration", USAGE);
  const payload = await payloadOfFile(kind, file, { target });
  return payload.ok
    ? { exitCode: 0, stdout: asciiJson(payload.value) }
    : { exitCode: 1, stderr: `countersign: ${visible(payload.refusal)}\n` };
}

export const payloadCommand: Command = { usage: USAGE, run };
