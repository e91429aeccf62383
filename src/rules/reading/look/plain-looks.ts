/** What to look at in a payload by itself: what it destroys, opens or holds, whatever was approved before. Pure and deterministic. */
import { isObject } from "#countersign/json/shape.ts";
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { detect } from "../../calls/secrets/detect.ts";
import { type Detector, SECRETS } from "../../calls/secrets/detectors.ts";
import { isNamedSecret } from "../../calls/secrets/named-values.ts";
import type { PlacedMark } from "../payload-marks.ts";
import { look, type Look } from "./look.ts";
import type { ValueAt } from "./values.ts";

/** What is marked, in the words of the mark; of the words of one command, which are items of a list, together. */
export function looksOfMarks(marks: readonly PlacedMark[], values: readonly ValueAt[]): Look[] {
  const texts = new Map(values.map(({ at, value }) => [JSON.stringify(at), value]));
  const found: { mark: PlacedMark; shown: string }[] = [];
  for (const one of marks.filter(({ kind }) => kind === "danger" || kind === "care")) {
    const value = texts.get(JSON.stringify(one.at));
    const shown = typeof value === "string" ? value.slice(one.from, one.to) : "";
    const last = found.at(-1);
    if (last !== undefined && last.mark.says === one.says && isNextItem(last.mark.at, one.at)) {
      found[found.length - 1] = { mark: { ...last.mark, at: one.at }, shown: `${last.shown} ${shown}` };
    } else found.push({ mark: one, shown });
  }
  return found.map(({ mark: { at, says, kind }, shown }) => look("destroys", at, says, shown, kind === "danger"));
}

/** Whether a place is that of the item behind another. */
const isNextItem = (at: readonly string[], next: readonly string[]): boolean =>
  /^\d+$/.test(at.at(-1) ?? "") && JSON.stringify([...at.slice(0, -1), String(Number(at.at(-1)) + 1)]) === JSON.stringify(next);

const DELETES = /(?:^|[^a-z])(?:delete|remove|purge|drop|truncate|destroy|wipe|erase|clear)/i;
const CONDITION = /^(?:filters?|where|condition|conditions|query|selector|match|criteria|ids?)$/i;
const EVERYTHING = /^(?:\*|%|all|true|1\s{0,9}=\s{0,9}1|\{\s{0,9}\})?$/i;

const isNoCondition = (value: JsonValue): boolean =>
  value === null ||
  (typeof value === "string" && EVERYTHING.test(value.trim())) ||
  (Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0);

/** A call that deletes, with a condition that holds for everything. */
export const looksOfConditions = (action: string, values: readonly ValueAt[]): Look[] =>
  DELETES.test(action.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_"))
    ? values
        .filter(({ name, value }) => CONDITION.test(name) && isNoCondition(value))
        .map(({ at }) => look("destroys", at, "Deletes, without a condition", "", true))
    : [];

interface Setting {
  name: RegExp;
  is: (value: JsonValue, beside: JsonObject) => boolean;
  says: string;
  isWarning?: boolean;
}

const isOneOf =
  (...values: JsonValue[]) =>
  (value: JsonValue): boolean =>
    values.includes(value);

/** Members that say something by their value alone, as clusters, clouds and plans of infrastructure have them. */
const SETTINGS: readonly Setting[] = [
  { name: /^actions?$/, is: isOneOf("delete"), says: "Destroys what is there", isWarning: true },
  { name: /^privileged$/, is: isOneOf(true), says: "Runs with all rights of its machine", isWarning: true },
  { name: /^(?:hostNetwork|hostPID|hostIPC)$/, is: isOneOf(true), says: "Shares its machine’s network or processes" },
  { name: /^hostPath$/, is: isObject, says: "Reads its machine’s files" },
  { name: /^replicas$/, is: isOneOf(0), says: "Stops every instance" },
  { name: /^op$/, is: isOneOf("remove"), says: "Removes a member" },
  { name: /^Action$/, is: (value, { Effect }) => Effect === "Allow" && value === "*", says: "Allows everything", isWarning: true },
  { name: /^(?:Principal|principal)$/, is: isOneOf("*"), says: "Lets anybody in", isWarning: true },
  {
    name: /cidr|source_?ranges?|ip_?ranges?|allow_?list/i,
    is: isOneOf("0.0.0.0/0", "::/0"),
    says: "Open to the whole internet",
    isWarning: true,
  },
  { name: /^(?:acl|visibility|access)$/i, is: isOneOf("public-read", "public-read-write", "public"), says: "Public to everybody" },
  { name: /^(?:force|force_destroy|skip_final_snapshot)$/, is: isOneOf(true), says: "Set aside what would hold it back" },
  { name: /^(?:deletion_protection|prevent_destroy)$/, is: isOneOf(false), says: "Set aside what would hold it back" },
];

export const looksOfSettings = (values: readonly ValueAt[]): Look[] =>
  values.flatMap(({ at, name, value, beside }) =>
    SETTINGS.filter((setting) => setting.name.test(name) && setting.is(value, beside)).map(({ says, isWarning }) =>
      look("destroys", at, says, typeof value === "object" ? "" : String(value), isWarning),
    ),
  );

const PLACE =
  /^(?:env|environment|stage|cluster|context|namespace|project|database|db|branch|target|workspace|account|deployment)(?:_?name)?$/i;
const PRODUCTION = /(?:^|[^a-z])(?:prod|production|live)(?:[^a-z]|$)/i;
/** As flags and hosts say it; a sentence about production is none. */
const PRODUCTION_FLAG =
  /(?:^|\s)--?(?:n|namespace|context|env|environment|profile|project|stage|cluster|workspace)[ =]["']?(?:[\w-]{0,30}[-_])?(?:prod|production|live)(?:[-_][\w-]{0,30})?\b|:\/\/(?:[\w.-]{0,60}[.-])?(?:prod|production)[.-][\w.-]{1,60}/i;
/** Longer ones are no name of a place. */
const LONGEST_PLACE = 100;

/** Where it is done to what people use. */
export const looksOfPlaces = (values: readonly ValueAt[]): Look[] =>
  values.flatMap(({ at, name, value }) => {
    if (typeof value !== "string") return [];
    if (PLACE.test(name) && value.length <= LONGEST_PLACE && PRODUCTION.test(value)) return [look("place", at, "Production", value)];
    const flag = PRODUCTION_FLAG.exec(value)?.[0].trim();
    return flag === undefined ? [] : [look("place", at, "Production", flag)];
  });

/** Where money goes to is looked for elsewhere; a number of an account is no secret in a transfer. */
const LOOKED_FOR: ReadonlySet<Detector> = new Set([...SECRETS].filter((one) => one !== "iban"));
/** What only looks as if. */
const VAGUE = new Set(["high_entropy", "named_secret", "authorization"]);
/** Characters of a payload that are read for secrets. */
const MOST_READ = 200_000;
/** Hashes and pins, which are to be shown. */
const PUBLIC_NAME = /hash|digest|checksum|sha\d*|etag|pin|signature|public|cursor|integrity/i;

/** Never what it is: that stands in the payload. */
export function looksOfSecrets(values: readonly ValueAt[]): Look[] {
  let read = 0;
  return values.flatMap(({ at, name, value }) => {
    if (typeof value !== "string" || read > MOST_READ || PUBLIC_NAME.test(name)) return [];
    read += value.length;
    const found = new Set(detect(value, LOOKED_FOR, { steps: 0 }).map(({ what }) => what));
    if (found.size === 0 && isNamedSecret(name, value)) found.add("named_secret");
    const [sure] = [...found].filter((what) => !VAGUE.has(what));
    if (found.size === 0) return [];
    const what = sure === undefined ? "Looks like a secret" : `A secret: ${sure.replaceAll("_", " ")}`;
    return [look("secret", at, what, "", sure !== undefined)];
  });
}
