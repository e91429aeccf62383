/**
 * Opening what a grant may let pass, in its object: a use is claimed in the log first, and only what has its own use is opened as passed.
 * The claim is stored before it is made and goes on whatever dies meanwhile, so that a use is never spent for nothing that is opened, and
 * two who want the last use are two leaves of one key. What no grant lets pass is opened for people.
 */
import { b64u } from "#countersign/encoding/bytes.ts";
import { leafKeyOf } from "#countersign/documents/leaf-key.ts";
import { type RecordOf, seal, type SealedRecord } from "#countersign/documents/record.ts";
import { requestHash } from "#countersign/documents/request.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { AppendOutcome } from "#gate/log/transparency-log.ts";
import { whyRefused } from "#gate/log/append-record.ts";
import { USE_REFUSALS } from "#gate/grants/grant-effects.ts";
import { openedApproval, passed } from "#rules/approval.ts";
import type { Opened, OpenedByGrant, Opening } from "../opening.ts";
import { snapshot } from "../snapshot.ts";
import { laterTry, nextAlarm } from "./approval-object.ts";
import type { ApprovalPorts } from "./object-ports.ts";
import { storeRequest } from "./store-request.ts";

/** A use that is wanted for a request, and perhaps is in the log. */
export interface GrantClaim {
  opening: Opening & { toTry: OpenedByGrant };
  /** Grants that are left to try; the first is the one that is claimed. */
  grants: OpenedByGrant["grants"];
  sealed: SealedRecord<RecordOf<"grant.used">>;
}

export interface ClaimStore {
  /** Null where nothing is claimed. Goes with the first write of the approval. */
  read(): GrantClaim | null;
  /** Stores it, and when the alarm goes on with it. */
  write(claim: GrantClaim, alarmAtMs: number): void;
  drop(): void;
}

export interface ClaimPorts extends ApprovalPorts {
  claims: ClaimStore;
  /** The uses of a grant that nobody has, from the D1 primary. */
  freeUses(grantId: string): Promise<number[]>;
}

const RETRY_MS = 1_000;
const SLOWEST_RETRY_MS = 60_000;

/**
 * 1. what is claimed already goes on, whatever else is asked for by now; 2. a use is stored as wanted, then put into the log with all its
 * conditions; 3. one's own: the request is opened as passed; 4. somebody else's: the next one; 5. none, or the grant serves no more: the
 * next grant, and after the last people. Throws if the log cannot say: then the claim stays, and the alarm goes on with it.
 */
export async function openByGrant(opening: Opening, ports: ClaimPorts): Promise<Opened | "epoch-over"> {
  const isThere = ports.store.read() !== null;
  let claim = isThere ? null : (ports.claims.read() ?? firstClaim(opening, ports)); // 1
  const wanted = claim?.opening ?? opening;
  if (claim !== null && (await ports.logOrigin()) !== wanted.log) {
    // A log has taken the place of the one that it was claimed in: whatever stands there lets nothing pass here.
    ports.claims.drop();
    return "epoch-over";
  }
  while (claim !== null) {
    ports.claims.write(claim, laterTry(Date.parse(claim.sealed.record.at) + RETRY_MS, ports.now(), SLOWEST_RETRY_MS)); // 2
    const outcome = await claimUse(claim, ports);
    if (outcome.status === "logged") return openPassed(claim, outcome.index, ports); // 3
    if (outcome.status === "refused" && whyRefused(outcome.constraint, USE_REFUSALS) === "epoch-over") {
      ports.claims.drop();
      return "epoch-over";
    }
    claim = await nextClaim(claim, outcome.status === "conflict", ports); // 4, 5
  }
  return storeRequest(wanted, ports);
}

function claimUse({ opening, grants: [grant], sealed }: GrantClaim, ports: ClaimPorts): Promise<AppendOutcome> {
  if (grant === undefined) throw new Error("a use is claimed of no grant");
  const { grant: grantId, use, request_hash: hash, at } = sealed.record;
  const { request, epoch } = opening.toTry;
  const { mostUses } = grant;
  const effect = { kind: "grant-used" as const, grantId, use, mostUses, requestId: request.id, requestHash: hash, epoch, at };
  return ports.log.append({ idem: leafKeyOf(sealed.record), sealed, effect });
}

function firstClaim(opening: Opening, ports: ClaimPorts): GrantClaim | null {
  const { toTry } = opening;
  const [first] = toTry?.grants ?? [];
  return toTry === undefined || first === undefined ? null : claimOf({ ...opening, toTry }, toTry.grants, first.nextUse, ports);
}

function claimOf(opening: GrantClaim["opening"], grants: GrantClaim["grants"], use: number, ports: ClaimPorts): GrantClaim {
  const { request } = opening.toTry;
  const [grant] = grants;
  if (grant === undefined) throw new Error("a use is claimed of no grant");
  // Clocks of machines differ: neither before it was asked for, nor before the grant was given.
  const at = [timestamp(ports.now()), request.requested_at, grant.givenAt].toSorted().at(-1) ?? request.requested_at;
  const members = { grant: grant.id, use, request_hash: requestHash(request) };
  return { opening, grants, sealed: seal("grant.used", members, { log: opening.log, at, salt: b64u(ports.random(32)) }) };
}

/** Another use of the same grant where somebody else was faster: any that is free, so that of many who want one few want the same. */
async function nextClaim({ opening, grants }: GrantClaim, sameGrant: boolean, ports: ClaimPorts): Promise<GrantClaim | null> {
  const [current, ...others] = grants;
  const free = sameGrant && current !== undefined ? await ports.freeUses(current.id) : [];
  const [byte = 0] = ports.random(1);
  const use = free[byte % Math.max(1, free.length)];
  if (use !== undefined) return claimOf(opening, grants, use, ports);
  const [next] = others;
  return next === undefined ? null : claimOf(opening, others, next.nextUse, ports);
}

/** Its end is sealed with the time of its use, so that neither is before the other. */
function openPassed({ opening, grants, sealed }: GrantClaim, usedIndex: number, ports: ClaimPorts): Opened {
  const [grant] = grants;
  if (grant === undefined) throw new Error("a use is claimed of no grant");
  const { toTry, basis: _, ...opened } = opening;
  const { id, rule, givers, requestId } = grant;
  const { use, at } = sealed.record;
  const state = openedApproval({ ...opened, request: toTry.request, byGrant: { id, use, rule, givers, requestId, usedIndex } });
  const approval = passed(state, "grant", b64u(ports.random(32)), at);
  ports.store.write(approval, nextAlarm(approval, ports));
  return { snapshot: snapshot(approval, ports.now()), isNew: true };
}
