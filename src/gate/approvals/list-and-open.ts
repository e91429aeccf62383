/** From a request that is judged to one that is opened: listed first, so that revoking its agent finds it, then stored by its object. */
import { accept, refuse, type Result } from "#countersign/result.ts";
import { subjectOf } from "#rules/request-id.ts";
import type { AgentCaps, ApprovalIndex, ApprovalOpener, Found, Opened, Opening } from "./opening.ts";
import type { Snapshot } from "./snapshot.ts";

export interface ListPorts {
  index: ApprovalIndex;
  approvals: ApprovalOpener;
  caps: AgentCaps;
  /** The log's origin line. */
  logOrigin(): Promise<string>;
  /** Has the open pages of these people read their lists again, beside the answer. */
  tellWatchers(people: readonly string[]): void;
}

/** `retryAfter`: in seconds. */
export type ListRefusal = { reason: "over-cap"; cap: keyof AgentCaps; most: number; retryAfter: number } | { reason: "agent-revoked" };

/** How an ask is listed. */
export interface ListedAs {
  isKeyed: boolean;
  /** By which it was judged. */
  epoch: number;
  over: string[];
  /** Whether that is in force now. */
  isInForce: () => Promise<boolean>;
}

/**
 * Opens what is asked for; or without a key, what is alike and goes on. What the list holds open and is over, its end being on the way to
 * the log, is passed over: each time round one id more, so that of two calls at the same moment one finds what the other has listed.
 */
export async function listAndOpen(
  asked: Omit<Opening, "log">,
  as: ListedAs,
  ports: ListPorts,
): Promise<Result<Opened, ListRefusal> | "epoch-over"> {
  const { request } = asked;
  const { isKeyed, epoch, over } = as;
  for (;;) {
    const alike = isKeyed ? null : { subject: subjectOf(request.id), over };
    const listing = await ports.index.list(request, ports.caps, epoch, alike);
    switch (listing.status) {
      case "epoch-over":
        return "epoch-over";
      case "agent-revoked":
        return refuse({ reason: "agent-revoked" });
      case "over-cap": {
        const { cap, retryAfter } = listing;
        return refuse({ reason: "over-cap", cap, most: ports.caps[cap], retryAfter });
      }
      case "listed": {
        const opened = await ports.approvals.open({ ...asked, log: await ports.logOrigin() });
        if (opened === "epoch-over") return opened;
        if (!opened.isNew || !listing.alone) await ports.index.listOnly(opened.snapshot.request);
        if (opened.snapshot.status === "pending" && listing.watchers.length > 0) ports.tellWatchers(listing.watchers);
        return accept(opened);
      }
      case "over":
        return accept({ snapshot: await overForEver(request.id, ports), isNew: false });
      case "found": {
        const found = await openFound(listing, asked, as, ports);
        if (found === "epoch-over") return found;
        if (found !== null) return accept(found);
        over.push(listing.id);
      }
    }
  }
}

/** Throws if the archive does not have it: then nobody is told anything of it, and nothing is opened in its place. */
async function overForEver(id: string, { approvals }: ListPorts): Promise<Snapshot> {
  const archived = await approvals.read(id);
  if (archived === null) throw new Error(`${id} is over for ever, and the archive does not have it`);
  return archived;
}

/**
 * What is listed, if it goes on. Who listed it may have broken off before opening it, or be about to: whoever comes first opens it, if
 * what judged it is in force, and the list is set right.
 */
async function openFound(
  listed: Found,
  asked: Omit<Opening, "log">,
  { isInForce }: ListedAs,
  ports: ListPorts,
): Promise<Opened | "epoch-over" | null> {
  const { id, requestedAt, expiresAt } = listed;
  const snapshot = await ports.approvals.held(id);
  if (snapshot === null && !(await isInForce())) return "epoch-over";
  const opened =
    snapshot === null ? await ports.approvals.open({ ...withId(asked, id), log: await ports.logOrigin() }) : { snapshot, isNew: false };
  if (opened === "epoch-over") return opened;
  if (!goesOn(opened.snapshot)) return null;
  const { requested_at, expires_at } = opened.snapshot.request;
  if (requested_at !== requestedAt || expires_at !== expiresAt) await ports.index.listOnly(opened.snapshot.request);
  return opened;
}

/** The same under the id that is listed. */
function withId(asked: Omit<Opening, "log">, id: string): Omit<Opening, "log"> {
  const { request, toTry } = asked;
  const underId = { ...asked, request: { ...request, id } };
  return toTry === undefined ? underId : { ...underId, toTry: { ...toTry, request: { ...toTry.request, id } } };
}

/** Whether its agent may still wait for people's answer; one that is being recorded would be asked for twice. */
const goesOn = ({ status, endedBy }: Snapshot): boolean => status === "pending" || (status === "settling" && endedBy === "passkeys");
