/** Which grants may let an action pass that people would be asked about otherwise. What is found here is claimed by the request's object, or not. */
import type { RequestDocument, RequestV2 } from "#countersign/documents/request.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { actionShown } from "#countersign/grants/choose-grant.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { lookUp } from "#rules/grants/grant-keys.ts";
import { grantsAllowed, type KeptGrant, lets } from "#rules/grants/serving.ts";
import type { JudgedAsk } from "./judge-ask.ts";
import type { OpenedByGrant } from "./opening.ts";

export interface GrantPorts {
  /** Grants of this place that serve at that time, by the key of an action in each pattern (null: none can cover it); the first to end first. */
  findGrants(place: string, exactIn: (members: string) => string | null, now: string): Promise<KeptGrant[]>;
}

/**
 * Nothing is looked up where no rule in force lets people remember. `asked`: the request that people would be asked about; `passing` makes
 * it of the judgement without them.
 */
export async function grantsToTry(
  { judgement, policy, nowMs }: JudgedAsk,
  asked: RequestDocument,
  payload: JsonObject,
  passing: (judgement: JudgedAsk["judgement"]) => RequestV2,
  ports: GrantPorts,
): Promise<{ toTry: OpenedByGrant } | null> {
  const allowed = grantsAllowed(judgement);
  const action = allowed === null ? null : actionShown(asked, payload, nowMs);
  if (allowed === null || action === null) return null;
  const { place, exactIn } = lookUp(action);
  const found = await ports.findGrants(place, exactIn, timestamp(nowMs));
  const grants = found
    .filter((kept) => lets(kept, action, judgement))
    .map(({ grant: { id, rule, uses }, givers, givenAt, requestId, used }) => {
      const mostUses = Math.min(uses, allowed.uses);
      return { id, rule, givers, givenAt, requestId, nextUse: used + 1, mostUses };
    });
  if (grants.length === 0) return null;
  return { toTry: { request: passing({ ...judgement, slots: [], escalations: [] }), grants, epoch: policy.epoch } };
}
