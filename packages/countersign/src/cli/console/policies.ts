/** `countersign policy show | history | publish`: versions of the policy at the service. */
import { isObject } from "../../json/shape.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { type Outcome, parseStrictly, type Surroundings, unusable } from "../command.ts";
import { type CallFailed, documentOf } from "../people/call-service.ts";
import { onPage } from "../people/open-page.ts";
import { callFailed, type Reader, readerOf } from "../people/reader.ts";
import { asciiJson, visible } from "../visible.ts";
import { listing } from "./reading.ts";
import { column } from "./table.ts";

const list = listing({
  path: "/api/v1/policies",
  filters: {},
  columns: [column("VERSION", "version"), column("PUBLISHED", "published_at"), column("SIGNED BY", "signed_by"), column("HASH", "hash")],
});

export const historyCommand = async (args: string[], surroundings: Surroundings, usage: string): Promise<Outcome> =>
  await list(args, surroundings, { command: "policy", usage });

/** The text of a version, as it was written; of the one in force if none is named. */
export async function showCommand(args: string[], surroundings: Surroundings, usage: string): Promise<Outcome> {
  const parsed = parseStrictly(args, { json: { type: "boolean" } });
  if (!parsed.ok) return unusable("policy", parsed.refusal, usage);
  const [given, ...more] = parsed.value.positionals;
  if (more.length > 0 || (given !== undefined && !/^\d{1,9}$/.test(given)))
    return unusable("policy", "show takes the number of a version", usage);
  const reader = await readerOf(surroundings);
  if (!reader.ok) return reader.refusal;
  const number = given === undefined ? await inForce(reader.value) : accept(given);
  if (!number.ok) return callFailed(number.refusal);
  if (number.value === "0") return { exitCode: 1, stderr: "countersign: no version was published yet.\n" };
  const found = await documentOf({ ...reader.value, path: `/api/v1/policies/${number.value}` });
  if (!found.ok) return callFailed(found.refusal);
  if (parsed.value.values.json === true) return { exitCode: 0, stdout: asciiJson(found.value) };
  const source = typeof found.value["source"] === "string" ? found.value["source"] : "";
  // Line by line, since a terminal shows it.
  return { exitCode: 0, stdout: `${source.trimEnd().split("\n").map(visible).join("\n")}\n` };
}

/** The version in force; 0 if there is none. */
async function inForce(reader: Reader): Promise<Result<string, CallFailed>> {
  const listed = await documentOf({ ...reader, path: "/api/v1/policies" });
  if (!listed.ok) return listed;
  const { in_force } = listed.value;
  const version = isObject(in_force) ? in_force["version"] : undefined;
  return typeof version === "number" ? accept(String(version)) : refuse({ code: "malformed", message: "The service names no version." });
}

export const publishCommand = (_: string[], surroundings: Surroundings): Promise<Outcome> =>
  Promise.resolve(onPage("/admin/policy", "Publishing a policy", surroundings));
