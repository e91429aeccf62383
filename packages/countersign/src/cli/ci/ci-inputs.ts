/**
 * What `countersign ci` is told: each input as an option, or as a variable of the environment (`--service`, COUNTERSIGN_CI_SERVICE), so
 * that a script of a pipeline never puts what somebody else wrote into a command line. An option counts before its variable.
 */
import { accept, refuse, type Result } from "../../result.ts";
import type { Basis, CountersignClient } from "../../sdk/client.ts";
import { readBases } from "../allow-basis.ts";
import { parseStrictly, type Surroundings } from "../command.ts";
import { connect, numberOf } from "../service.ts";
import { MOST_WAIT_SECONDS } from "../approvals/wait.ts";

/** Inputs with one value, and what they mean. */
const ONE_VALUE = {
  service: "what is deployed",
  environment: "where to, such as production",
  action: "what people read first (Deploy SERVICE to ENVIRONMENT)",
  reason: "why (the address of the run)",
  rollback: "how it is undone",
  "migration-target": "which database the migration is for",
  required: "how many have to approve (1)",
  expires: "seconds that people have to decide, 30 to 604800 (3600)",
  wait: "seconds to wait (as long as people have)",
  "allow-basis": "on what else than people it may rest: policy, grant, timeout",
  state: "the file that keeps which request it is",
  "request-id": "redeem, report: the request, where another job asked",
  "payload-hash": "redeem: what that job says was asked for",
  "idempotency-key": "redeem: of this one execution, to be given again if its answer was lost",
  outcome: "report: succeeded, failed or unknown, or the platform's own word",
  receipt: "report: the file for the receipt (countersign-receipt.json)",
  summary: "the file that the summary is added to (the platform's, else it is printed)",
} as const;

/** Inputs with several values: options given several times, a variable with one a line. */
const SEVERAL_VALUES = {
  approver: "a username to ask",
  group: "a group to ask",
  fact: "KEY=VALUE, what else has to stay as it is",
  file: "a file that is deployed: its digest has to stay as it is",
  terraform: "a plan, as terraform show -json prints it",
  kubernetes: "what kubectl diff printed",
  migration: "a file of SQL",
} as const;

export type CiInputs = { [Name in keyof typeof ONE_VALUE]?: string } & { [Name in keyof typeof SEVERAL_VALUES]: string[] };

const usageLine = ([name, says]: [string, string]): string => `  ${`--${name} …`.padEnd(25)}${says}\n`;

/** For the usage. */
export const CI_INPUTS_USAGE = [...Object.entries(ONE_VALUE), ...Object.entries(SEVERAL_VALUES)].map(usageLine).join("");

const variableOf = (name: string): string => `COUNTERSIGN_CI_${name.toUpperCase().replaceAll("-", "_")}`;

const OPTIONS = Object.fromEntries([
  ...Object.keys(ONE_VALUE).map((name) => [name, { type: "string" }] as const),
  ...Object.keys(SEVERAL_VALUES).map((name) => [name, { type: "string", multiple: true }] as const),
]);

/** The inputs of options and environment, and the words that belong to none. An empty value is the same as none. */
export function readCiInputs(args: string[], environment: Surroundings["environment"]): Result<CiInputs, string> {
  const parsed = parseStrictly(args, OPTIONS);
  if (!parsed.ok) return parsed;
  if (parsed.value.positionals.length > 0) return refuse("every word has to belong to an option; put texts with spaces in quotes");
  const given = parsed.value.values as Record<string, string | string[] | undefined>;
  const one = Object.keys(ONE_VALUE).flatMap((name) => {
    const value = given[name] ?? environment[variableOf(name)];
    return typeof value === "string" && value.trim() !== "" ? [[name, value.trim()] as const] : [];
  });
  const several = Object.keys(SEVERAL_VALUES).map((name) => {
    const values = given[name] ?? (environment[variableOf(name)] ?? "").split("\n");
    return [name, (typeof values === "string" ? [values] : values).map((value) => value.trim()).filter((value) => value !== "")] as const;
  });
  return accept(Object.fromEntries<string | string[]>([...one, ...several]) as unknown as CiInputs);
}

/** What every step of the gate calls the service with. */
export interface CiService {
  client: CountersignClient;
  allowBasis: readonly Basis[];
}

/** The service, as environment and inputs name it. */
export function ciServiceOf(inputs: CiInputs, surroundings: Surroundings): Result<CiService, string> {
  const allowBasis = readBases(inputs["allow-basis"]);
  if (!allowBasis.ok) return allowBasis;
  const client = connect(surroundings, {});
  return client.ok ? accept({ client: client.value, allowBasis: allowBasis.value }) : client;
}

/** How long people have, how long to wait, and how many have to approve. */
export function readTimes(inputs: CiInputs): Result<{ expires: number; wait: number; required: number | undefined }, string> {
  const expires = numberOf(inputs.expires, "--expires", { least: 30, most: 604_800 });
  if (!expires.ok) return expires;
  const wait = numberOf(inputs.wait, "--wait", { least: 0, most: MOST_WAIT_SECONDS });
  if (!wait.ok) return wait;
  const required = numberOf(inputs.required, "--required", { least: 1, most: 50 });
  if (!required.ok) return required;
  const open = expires.value ?? 3_600;
  return accept({ expires: open, wait: wait.value ?? open, required: required.value });
}
