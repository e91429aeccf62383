/** The tools of a server as people look at them: what was accepted, what is listed now, and what of each differs. */
import { canonicalize, type JsonObject, type JsonValue } from "#countersign/json/canonical-json.ts";
import { PINNED_MEMBERS } from "#countersign/documents/tool-pin.ts";
import type { NotAcceptable } from "../server-listing.ts";
import { INSTRUCTIONS_PIN } from "../server-settings.ts";

export type ToolState =
  /** As it was accepted. */
  | "accepted"
  /** As it was accepted, but it was listed otherwise in the meantime: refused until somebody signs for it again. */
  | "was_otherwise"
  /** Listed, and nobody has accepted it. */
  | "new"
  /** Listed otherwise than it was accepted. */
  | "changed"
  /** Accepted, and not listed any more. */
  | "gone"
  /** Listed, and it cannot be accepted. */
  | "not_acceptable";

/** A member of the description that differs; null where there is none. */
export interface MemberDifference {
  member: string;
  before: JsonValue;
  after: JsonValue;
}

export interface ToolStanding {
  name: string;
  kind: "tool" | "instructions" | "prompt";
  state: ToolState;
  /** What of it may be used: the pin and definition that somebody has signed for; null if nobody has. */
  accepted: { pin: string; definition: JsonObject } | null;
  /** What is listed now, where it can be accepted. */
  listed: { pin: string; definition: JsonObject } | null;
  problem: { code: NotAcceptable; message: string } | null;
  differences: MemberDifference[];
}

interface Given {
  accepted: readonly { name: string; pin: string; definition: JsonObject }[];
  listed: readonly {
    name: string;
    problem: NotAcceptable | null;
    message: string | null;
    pin: string | null;
    definition: JsonObject | null;
  }[];
  drifted: readonly string[];
}

const kindOf = (name: string): ToolStanding["kind"] =>
  name === INSTRUCTIONS_PIN ? "instructions" : name.startsWith("(prompt) ") ? "prompt" : "tool";

/** The members of two descriptions that differ. */
export const differencesOf = (before: JsonObject, after: JsonObject): MemberDifference[] =>
  PINNED_MEMBERS.filter((member) => canonicalize(before[member] ?? null) !== canonicalize(after[member] ?? null)).map((member) => ({
    member,
    before: before[member] ?? null,
    after: after[member] ?? null,
  }));

function stateOf({ accepted, listed, problem }: Pick<ToolStanding, "accepted" | "listed" | "problem">, isDrifted: boolean): ToolState {
  if (accepted === null) return problem === null ? "new" : "not_acceptable";
  if (problem !== null) return "not_acceptable";
  if (listed === null) return "gone";
  if (listed.pin !== accepted.pin) return "changed";
  return isDrifted ? "was_otherwise" : "accepted";
}

/** Everything that was accepted or is listed, by name. */
export function toolStandings({ accepted, listed, drifted }: Given): ToolStanding[] {
  const [before, now] = [new Map(accepted.map((tool) => [tool.name, tool])), new Map(listed.map((item) => [item.name, item]))];
  const names = [...new Set([...before.keys(), ...now.keys()])].toSorted();
  return names.map((name) => {
    const item = now.get(name);
    const was = before.get(name) ?? null;
    const is = item?.pin != null && item.definition !== null ? { pin: item.pin, definition: item.definition } : null;
    const problem = item?.problem == null ? null : { code: item.problem, message: item.message ?? "" };
    const standing = { accepted: was === null ? null : { pin: was.pin, definition: was.definition }, listed: is, problem };
    const differences = was !== null && is !== null ? differencesOf(was.definition, is.definition) : [];
    return { name, kind: kindOf(name), ...standing, state: stateOf(standing, drifted.includes(name)), differences };
  });
}
