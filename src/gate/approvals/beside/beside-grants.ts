/**
 * What a page tells of grants beside a request: which one let it pass, which one was given with it, and of those that nearly cover it why
 * they do not, member by member. Nobody signs any of it, and it shows nobody what they may not see.
 */
import type { Grant } from "#countersign/documents/grant.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { actionShown } from "#countersign/grants/choose-grant.ts";
import { type GrantMismatch, matchGrant } from "#countersign/grants/match-grant.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { PageView } from "../remote-approval.ts";
import { audits, type Viewer } from "../visible-request.ts";

/** A grant as it stands now. */
export interface BesideGrant {
  grant: Grant;
  requestId: string;
  /** How often it may still be used. */
  left: number;
  /** Usernames. */
  givers: string[];
}

/** One that does not let it pass, and what keeps it from doing so; nothing does where it would, had people not been asked for another reason. */
export interface NearGrant extends BesideGrant {
  mismatches: GrantMismatch[];
}

export interface GrantsBeside {
  passedBy: (BesideGrant & { use: number }) | null;
  gave: BesideGrant | null;
  near: NearGrant[];
}

export interface BesideGrantPorts {
  grantBeside(of: { requestId: string } | { grantId: string }): Promise<BesideGrant | null>;
  /** The newest of an agent and a tool that serve, of requests that this person could decide; of anybody's for null. */
  grantsNear(agentId: string, tool: string, personId: string | null, now: string): Promise<BesideGrant[]>;
  now(): number;
}

/** More would hide the nearest. */
const MOST_NEAR = 3;

export async function grantsBeside(view: PageView, person: Viewer, ports: BesideGrantPorts): Promise<GrantsBeside> {
  const { snapshot } = view;
  const { byGrant = null, status, request } = snapshot;
  const isByPeople = status === "approved" && snapshot.endedBy === "passkeys" && request.type === "countersign/request@v2";
  const [passed, gave, near] = await Promise.all([
    byGrant === null ? null : ports.grantBeside({ grantId: byGrant.id }),
    isByPeople ? ports.grantBeside({ requestId: request.id }) : null,
    status === "pending" ? nearGrants(view, person, ports) : [],
  ]);
  return { passedBy: passed === null || byGrant === null ? null : { ...passed, use: byGrant.use }, gave, near };
}

async function nearGrants({ snapshot: { request }, payload }: PageView, person: Viewer, ports: BesideGrantPorts): Promise<NearGrant[]> {
  const nowMs = ports.now();
  const action = payload === null ? null : actionShown(request, JSON.parse(payload) as JsonObject, nowMs);
  if (action === null) return [];
  const found = await ports.grantsNear(action.agent, action.tool, audits(person) ? null : person.id, timestamp(nowMs));
  return found
    .filter(({ grant }) => grant.server === action.server)
    .map((near) => {
      const matched = matchGrant(near.grant, action);
      return { ...near, mismatches: matched.ok ? [] : matched.refusal };
    })
    .toSorted((one, other) => one.mismatches.length - other.mismatches.length)
    .slice(0, MOST_NEAR);
}
