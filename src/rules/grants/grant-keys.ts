/** By what a grant is found in the database, in one index, however many there are: its key (countersign/grants) as one text. */
import { hex } from "#countersign/encoding/bytes.ts";
import { hashJson } from "#countersign/json/canonical-json.ts";
import type { Grant } from "#countersign/documents/grant.ts";
import { grantKey, grantPlace, valuesUnder } from "#countersign/grants/grant-key.ts";
import type { GrantedAction } from "#countersign/grants/granted-action.ts";

/** As the database has them. */
export interface KeptKeys {
  place: string;
  members: string;
  exact: string;
}

const exactOf = (place: string, members: string, values: string): string => hex(hashJson([place, members, values]));

export function keptKeys(grant: Grant): KeptKeys {
  const { place, members, values } = grantKey(grant);
  return { place, members, exact: exactOf(place, members, values) };
}

/** Where an action is looked up, and under which key in each set of members there; null where none of these can cover it. */
export function lookUp(action: Omit<GrantedAction, "rule" | "atMs">): { place: string; exactIn: (members: string) => string | null } {
  const place = grantPlace(action);
  const exactIn = (members: string) => {
    const values = valuesUnder(members, action.args);
    return values === null ? null : exactOf(place, members, values);
  };
  return { place, exactIn };
}
