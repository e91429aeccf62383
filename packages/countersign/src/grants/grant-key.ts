/**
 * Finding the grants that may cover an action at a cost that does not grow with how many there are: by exact keys. `matchGrant` then
 * decides; what is found by them still has to be within its bounds, its time and its uses.
 */
import type { Grant } from "../documents/grant.ts";
import { hex } from "../encoding/bytes.ts";
import { canonicalize, hashJson, type JsonObject, type JsonValue, parseJson } from "../json/canonical-json.ts";
import type { GrantedAction } from "./granted-action.ts";
import { membersByPointer } from "./pointer.ts";

export interface GrantKey {
  /** Agent, server, tool and pin, hashed. */
  place: string;
  /** Which members are fixed and which are free: JSON of `{ fixed, free }`, pointers sorted. The same for all grants of one pattern. */
  members: string;
  /** Of the fixed values, hashed. */
  values: string;
}

/** Where to look at all. */
export const grantPlace = ({ agent, server, tool, schemaHash }: Omit<GrantedAction, "rule" | "args" | "atMs">): string =>
  hex(hashJson([agent, server, tool, schemaHash]));

const hashOf = (values: readonly (readonly [string, JsonValue])[]): string =>
  hex(hashJson(values.toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([pointer, value]) => [pointer, value])));

/** Under which keys a grant is kept. */
export function grantKey({ agent, server, tool, schema_hash: schemaHash, fixed, free }: Grant): GrantKey {
  const sorted = (entries: readonly { pointer: string }[]) => entries.map(({ pointer }) => pointer).toSorted();
  return {
    place: grantPlace({ agent, server, tool, schemaHash }),
    members: canonicalize({ fixed: sorted(fixed), free: sorted(free) }),
    values: hashOf(fixed.map(({ pointer, value }) => [pointer, value])),
  };
}

/** The `values` that a grant of this pattern would have to have to cover these arguments; null if none of it can. */
export function valuesUnder(members: string, args: JsonObject): string | null {
  const parsed = parseJson(members);
  if (!parsed.ok) throw new Error("not the members of a grant's key");
  const { fixed, free } = parsed.value as { fixed: string[]; free: string[] };
  const given = membersByPointer(args);
  const isWhole = given.size === fixed.length + free.length && [...fixed, ...free].every((pointer) => given.has(pointer));
  return isWhole ? hashOf(fixed.map((pointer) => [pointer, given.get(pointer) as JsonValue])) : null;
}
