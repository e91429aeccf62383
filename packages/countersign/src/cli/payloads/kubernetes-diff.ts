/**
 * A payload from what `kubectl diff` prints: each object that would be changed, with its lines. The same difference makes the same
 * payload, whenever it is taken: names of temporary folders and times of files are not part of it. Values of secrets are never in it.
 */
import type { JsonObject } from "../../json/canonical-json.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { countsOf, cutTo, firstThatFits, ROOMY_BYTES, sha256Of } from "./fit-payload.ts";

const MOST_NAMED = 60;
const MOST_NAME = 300;

interface ObjectDiff {
  object: JsonObject;
  isSecret: boolean;
  change: "create" | "delete" | "update";
  lines: string[];
}

/** How kubectl names the file of an object: group, version, kind, namespace (empty for none), name. */
const FILE_NAME = /^(?:(.+?)\.)?(v\d+(?:(?:alpha|beta)\d+)?)\.([A-Z]\w*)\.([^.]*)\.(.+)$/;

/** The object that a file of the difference is named by; null if the name is of no object. */
function objectOfFile(path: string): JsonObject | null {
  const [, group, version = "", kind = "", namespace = "", name = ""] = FILE_NAME.exec(path.slice(path.lastIndexOf("/") + 1)) ?? [];
  if (kind === "") return null;
  return { api_version: group === undefined ? version : `${group}/${version}`, kind, ...(namespace !== "" && { namespace }), name };
}

/** The path in a line `--- PATH<tab>TIME` or `+++ PATH<tab>TIME`. */
const pathIn = (line: string): string => (line.slice(4).split("\t")[0] ?? "").trim();

/** A line of a secret, without what it holds; where a text goes on over several lines, nothing of it is left. */
const withoutValue = (line: string): string => {
  const key = /^([ +-]\s*(?:- )?[\w.\-/"]+:)(?:\s.*)?$/.exec(line)?.[1];
  if (line.startsWith("@@")) return line;
  return key === undefined ? `${line.slice(0, 1)} (not shown)` : `${key} (not shown)`;
};

/** Whether an object would be new or gone: then one side of every hunk is empty. */
function changeOf(lines: readonly string[]): ObjectDiff["change"] {
  const hunks = lines.flatMap((line) => {
    const [, before, after] = /^@@ -(\d+(?:,\d+)?) \+(\d+(?:,\d+)?) @@/.exec(line) ?? [];
    return before === undefined ? [] : [{ before, after }];
  });
  if (hunks.length > 0 && hunks.every(({ before }) => before === "0,0")) return "create";
  return hunks.length > 0 && hunks.every(({ after }) => after === "0,0") ? "delete" : "update";
}

/** One part of the difference, from its line `--- `. */
function readPart(part: string): Result<ObjectDiff, string> {
  const [from = "", to = "", ...rest] = part.split("\n");
  if (!to.startsWith("+++ ")) return refuse("after a line that begins with --- comes none that begins with +++");
  const object = objectOfFile(pathIn(to)) ?? objectOfFile(pathIn(from));
  if (object === null) return refuse(`the file ${JSON.stringify(pathIn(to))} is not named as kubectl diff names objects`);
  const lines = rest.filter((line, index) => !line.startsWith("diff ") && !(line === "" && index === rest.length - 1));
  const strange = lines.find((line) => !/^(?:[ +\-\\]|@@ |$)/.test(line));
  if (strange !== undefined) return refuse(`the line ${JSON.stringify(cutTo(strange, 80))} is none of a unified diff`);
  return accept({ object, isSecret: object["kind"] === "Secret", change: changeOf(lines), lines });
}

/** The parts of the difference: each from a header of two lines, which what is inside a hunk cannot imitate at its place. */
function partsOf(text: string): string[] {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const starts: number[] = [];
  let [before, after] = [0, 0];
  for (const [index, line] of lines.entries()) {
    // Inside a hunk, as many lines as its header says are content, whatever they look like.
    if (before > 0 || after > 0) {
      if (!line.startsWith("+") && !line.startsWith("\\")) before -= 1;
      if (!line.startsWith("-") && !line.startsWith("\\")) after -= 1;
      continue;
    }
    const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (hunk !== null) [before, after] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
    else if (line.startsWith("--- ")) starts.push(index);
  }
  return starts.map((start, n) => lines.slice(start, starts[n + 1] ?? lines.length).join("\n"));
}

/** The payload of the text that `kubectl diff` printed, in `mostBytes` of canonical form; or why that text is none. */
export function kubernetesPayload(text: string, mostBytes = ROOMY_BYTES): Result<JsonObject, string> {
  const parts = partsOf(text);
  if (parts.length === 0 && text.trim() !== "")
    return refuse("this is not what kubectl diff prints: there is no line that begins with ---");
  const read = parts.map(readPart);
  const refused = read.find((one) => !one.ok);
  if (refused?.ok === false) return refused;
  const diffs = read.flatMap((one) => (one.ok ? [one.value] : []));
  const base = {
    type: "countersign/kubernetes-diff@v1",
    sha256: sha256Of(diffs.map(({ object, lines }) => `${JSON.stringify(object)}\n${lines.join("\n")}\n`).join("")),
    counts: countsOf(diffs.map(({ change }) => change)),
  };
  const named = ({ object, change, lines }: ObjectDiff): JsonObject => ({
    ...object,
    change,
    lines_added: lines.filter((line) => line.startsWith("+")).length,
    lines_removed: lines.filter((line) => line.startsWith("-")).length,
  });
  const diffOf = ({ lines, isSecret }: ObjectDiff): string => (isSecret ? lines.map(withoutValue) : lines).join("\n");
  const first = diffs.slice(0, MOST_NAMED);
  return accept(
    firstThatFits(
      [
        () => ({ ...base, objects: diffs.map((one) => ({ ...named(one), diff: diffOf(one) })) }),
        () => ({
          ...base,
          left_out: "The lines are left out: with them the difference is too large to be shown. Read it itself; sha256 is its digest.",
          objects: diffs.map(named),
        }),
        () => ({
          ...base,
          left_out: `Only the first ${MOST_NAMED} of ${diffs.length} objects are named. Read the difference itself; sha256 is its digest.`,
          objects: first.map(({ object, change }) => ({ object: cutTo(JSON.stringify(object), MOST_NAME), change })),
        }),
      ],
      mostBytes,
    ),
  );
}
