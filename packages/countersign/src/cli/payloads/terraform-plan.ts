/**
 * A payload from a Terraform plan, as `terraform show -json PLAN` writes it (format version 1): each resource that would be created,
 * changed, replaced or destroyed. What the plan marks as sensitive is never in it. Not in scope: the configuration and the state.
 */
import { canonicalize, type JsonObject, type JsonValue, parseJson } from "../../json/canonical-json.ts";
import { isObject } from "../../json/shape.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { countsOf, cutTo, firstThatFits, ROOMY_BYTES, sha256Of } from "./fit-payload.ts";

/** More resources than this are counted, not named, once details do not fit. */
const MOST_NAMED = 40;
/** Characters of an address or a type where only the first are named. */
const MOST_NAME = 300;

interface PlannedChange {
  address: string;
  type: string;
  action: string;
  reason: string | null;
  change: JsonObject;
}

const ACTIONS: Readonly<Record<string, string>> = {
  create: "create",
  update: "update",
  delete: "destroy",
  "delete create": "replace",
  "create delete": "replace",
  forget: "forget",
  "create forget": "replace and forget",
};
const UNCHANGED = new Set(["no-op", "read"]);

const textOf = (value: JsonValue | undefined): string | null => (typeof value === "string" ? value : null);
const objectOf = (value: JsonValue | undefined): JsonObject => (isObject(value) ? value : {});

/** The actions of a change as one text, in their order; what is no text stays visible as what it is. */
const wordsIn = (actions: readonly JsonValue[]): string => actions.map((one) => textOf(one) ?? JSON.stringify(one)).join(" ");

/** One entry of `resource_changes`; null if nothing would change. */
function readChange(entry: JsonValue): Result<PlannedChange | null, string> {
  if (!isObject(entry) || !isObject(entry["change"]) || !Array.isArray(entry["change"]["actions"])) {
    return refuse("an entry of resource_changes is not of this format");
  }
  const address = textOf(entry["address"]);
  if (address === null) return refuse("an entry of resource_changes has no address");
  const named = wordsIn(entry["change"]["actions"]);
  if (UNCHANGED.has(named) && !("importing" in entry["change"]) && entry["previous_address"] === undefined) return accept(null);
  const moved = "importing" in entry["change"] ? "import" : "move";
  // An action that is not known yet is shown under its own name, never left out.
  const action = UNCHANGED.has(named) ? moved : ((Object.hasOwn(ACTIONS, named) ? ACTIONS[named] : undefined) ?? named);
  return accept({
    address,
    type: textOf(entry["type"]) ?? "",
    action,
    reason: textOf(entry["action_reason"]),
    change: entry["change"],
  });
}

/** Whether a plan marks this attribute, or anything in it, as sensitive. */
const isMarked = (mark: JsonValue | undefined): boolean =>
  mark === true || (typeof mark === "object" && mark !== null && Object.values(mark).some((below) => isMarked(below)));

/** The attributes that differ: before and after, without what is sensitive or known only once it is applied. */
function attributesOf({ before, after, after_unknown, before_sensitive, after_sensitive }: JsonObject): JsonObject {
  const [was, willBe, unknown] = [objectOf(before), objectOf(after), objectOf(after_unknown)];
  const [marksBefore, marksAfter] = [objectOf(before_sensitive), objectOf(after_sensitive)];
  const isAllMarked = before_sensitive === true || after_sensitive === true;
  const names = [...new Set([...Object.keys(was), ...Object.keys(willBe), ...Object.keys(unknown)])].toSorted();
  const shown = names.flatMap((name): [string, JsonValue][] => {
    const [from, to] = [was[name] ?? null, willBe[name] ?? null];
    const isUnknown = isMarked(unknown[name]);
    if (!isUnknown && canonicalize(from) === canonicalize(to)) return [];
    if (isAllMarked || isMarked(marksBefore[name]) || isMarked(marksAfter[name])) return [[name, "(sensitive, not shown)"]];
    return [[name, { from, to: isUnknown ? "(known after apply)" : to }]];
  });
  return Object.fromEntries(shown);
}

const named = ({ address, action, reason }: PlannedChange): JsonObject => ({ address, action, ...(reason !== null && { reason }) });

/** What is lost comes first. */
const gravity = ({ action }: PlannedChange): number => (/destroy|replace|forget/.test(action) ? 0 : 1);

/** The payload of the text of a plan, in `mostBytes` of canonical form; or why that text is no plan. */
export function terraformPayload(text: string, mostBytes = ROOMY_BYTES): Result<JsonObject, string> {
  const json = parseJson(text);
  if (!json.ok) return refuse(`the plan is not acceptable JSON: ${json.refusal.message} (${json.refusal.place})`);
  if (!isObject(json.value)) return refuse("the plan is not an object, as terraform show -json writes it");
  const version = textOf(json.value["format_version"]) ?? "";
  if (!version.startsWith("1.")) return refuse(`the plan has the format version ${JSON.stringify(version)}; only 1.x is known`);
  if (json.value["errored"] === true) return refuse("the plan was not finished (errored)");
  const entries = json.value["resource_changes"] ?? [];
  if (!Array.isArray(entries)) return refuse("resource_changes is not a list");
  const changes: PlannedChange[] = [];
  for (const entry of entries) {
    const change = readChange(entry);
    if (!change.ok) return change;
    if (change.value !== null) changes.push(change.value);
  }
  const sorted = changes.toSorted((a, b) => gravity(a) - gravity(b));
  const base = {
    type: "countersign/terraform-plan@v1",
    terraform_version: cutTo(textOf(json.value["terraform_version"]) ?? "", MOST_NAME),
    sha256: sha256Of(text),
    counts: countsOf(changes.map(({ action }) => action)),
    outputs: outputsOf(json.value["output_changes"]),
  };
  return accept(
    firstThatFits(
      [
        () => ({ ...base, resources: sorted.map((one) => ({ ...named(one), attributes: attributesOf(one.change) })) }),
        () => ({
          ...base,
          left_out: "The attributes are left out: with them the plan is too large to be shown. Read the plan itself; sha256 is its digest.",
          resources: sorted.map(named),
        }),
        () => ({
          ...base,
          outputs: {},
          counts: Object.fromEntries(Object.entries(base.counts).slice(0, MOST_NAMED)),
          left_out: `Only the first ${MOST_NAMED} of ${sorted.length} resources are named, what is lost first; outputs are left out. Read the plan itself; sha256 is its digest.`,
          resources: sorted.slice(0, MOST_NAMED).map(({ address, action }) => ({ address: cutTo(address, MOST_NAME), action })),
        }),
      ],
      mostBytes,
    ),
  );
}

/** Which outputs change, by what is done to them; their values may be secrets of others. */
function outputsOf(changes: JsonValue | undefined): JsonObject {
  const all = Object.entries(objectOf(changes)).map(([name, change]): [string, string] => {
    const actions = objectOf(change)["actions"];
    const action = Array.isArray(actions) ? wordsIn(actions) : "unknown";
    return [name, (Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined) ?? action];
  });
  return Object.fromEntries(all.filter(([, action]) => !UNCHANGED.has(action)));
}
