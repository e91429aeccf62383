/** Who has to approve: the people of each slot, cut by separation and by whom the ask names, and whether they can be enough. */
import { quorumMet } from "../../quorum.ts";
import type { CompiledRule, CompiledSlot } from "./compiled.ts";
import { type ApproverFacts, namesPeople, type PolicyFacts } from "./facts.ts";

/** A slot with its people, by their ids, sorted. Times in seconds after the request is opened. */
export interface JudgedSlot {
  name: string;
  required: number;
  eligible: string[];
  escalations: { after: number; eligible: string[] }[];
}

/** A slot that counts, with what its rule says of escalation. */
export interface WantedSlot {
  slot: CompiledSlot;
  escalate: CompiledRule["escalate"];
}

type Named = Pick<CompiledSlot, "users" | "groups">;

/** Whether somebody is named; where neither users nor groups are given, everybody is. */
const isNamed = (
  { users, groups }: { users: readonly string[] | null; groups: readonly string[] | null },
  person: ApproverFacts,
): boolean =>
  (users === null && groups === null) ||
  users?.includes(person.username) === true ||
  person.groups.some((group) => groups?.includes(group) === true);

const peopleOf = (named: Named, people: readonly ApproverFacts[]): string[] =>
  people
    .filter((person) => isNamed(named, person))
    .map(({ id }) => id)
    .toSorted();

/** In UTF-16 code units: what is cut through is replaced, as half of a character cannot be signed. */
const MOST_OF_A_NAME = 200;

function nameOf({ users, groups }: Named, isCut: boolean): string {
  const named = [...(groups ?? []), ...(users ?? [])];
  if (named.length > 0) return named.join(", ").slice(0, MOST_OF_A_NAME).toWellFormed();
  return isCut ? "named approvers" : "any approver";
}

/**
 * The slots with their people. `separated`: the agent's owner, and who made a key of it that serves, are left out. `within` is how long people
 * have, in seconds: an escalation after that is none. What the ask says only narrows: whom it names cuts every slot, `required` raises the first.
 */
export function resolveSlots(wanted: readonly WantedSlot[], facts: PolicyFacts, separated: boolean, within: number): JudgedSlot[] {
  const { asked, agent } = facts;
  const keptOut = new Set(separated ? [agent.owner.id, agent.maker?.id, ...(agent.formerMakers ?? [])] : []);
  const people = facts.approvers.filter((person) => !keptOut.has(person.id) && isNamed(asked, person));
  const taken = new Map<string, number>();
  return wanted.map(({ slot, escalate }, index) => {
    const plain = nameOf(slot, namesPeople(facts) && (asked.users !== null || asked.groups !== null));
    const times = (taken.get(plain) ?? 0) + 1;
    taken.set(plain, times);
    const eligible = peopleOf(slot, people);
    return {
      name: times === 1 ? plain : `${plain} (${times})`,
      required: index === 0 ? Math.max(slot.required, asked.required) : slot.required,
      eligible,
      escalations: escalationsOf(escalate, people, new Set(eligible), within),
    };
  });
}

/** Each step with those who were not eligible before it; a step that adds nobody is none. */
function escalationsOf(
  escalate: CompiledRule["escalate"],
  people: readonly ApproverFacts[],
  before: Set<string>,
  within: number,
): JudgedSlot["escalations"] {
  const steps = escalate.filter(({ after }) => after < within).toSorted((one, other) => one.after - other.after);
  return steps.flatMap(({ after, users, groups }) => {
    const eligible = peopleOf({ users, groups }, people).filter((id) => !before.has(id));
    for (const id of eligible) before.add(id);
    return eligible.length === 0 ? [] : [{ after, eligible }];
  });
}

/** Whether distinct people, with distinct keys, can fill every slot, in the end; and somebody is there for each from the beginning. */
export function canBeMet(slots: readonly JudgedSlot[], approvers: readonly ApproverFacts[]): boolean {
  if (slots.some(({ eligible }) => eligible.length === 0)) return false;
  const one = new Map(approvers.map(({ id, countsAs }) => [id, countsAs ?? id]));
  const full = slots.map(({ required, eligible, escalations }) => ({
    required,
    eligible: [...eligible, ...escalations.flatMap((step) => step.eligible)].map((id) => one.get(id) ?? id),
  }));
  return quorumMet(full, new Set(full.flatMap(({ eligible }) => eligible)));
}
