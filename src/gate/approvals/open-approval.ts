/** An agent asks: from what it sends to a request that people can see. */
import type { Caps } from "#rules/caps.ts";
import { type Bytes, hex, utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize, hashJson } from "#countersign/json/canonical-json.ts";
import { idempotentSeed, makeRequestId, subjectOf, subjectSeed } from "#rules/request-id.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Failure } from "#rules/failure.ts";
import { REVEALED } from "#countersign/documents/reveal.ts";
import { type RequestDocument, DEFAULT_POLICY, payloadHash, type QuorumSlot } from "#countersign/documents/statement.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { CheckedAsk } from "#rules/agent-calls.ts";
import type { Snapshot } from "./snapshot.ts";

/** A person who could decide: approver, with a passkey in good standing. */
export interface Approver {
  id: string;
  username: string;
  groups: readonly string[];
  /** The same for two who share a key and therefore count once (rules/one-person-a-key.ts). */
  countsAs: string;
}

/** Where requests are listed; the object behind a request is its authority. */
export interface ApprovalIndex {
  /** Everybody who could decide, and which of these usernames belong to nobody; in one trip. */
  approvers(usernames: readonly string[]): Promise<{ people: Approver[]; unknown: string[] }>;
  /**
   * Lists the request, if its agent is within its caps: counted and written in one statement, so that calls at the same
   * moment cannot pass together. If one that is `alike` is open, that one is found instead, whatever the caps say.
   */
  list(request: RequestDocument, caps: AgentCaps, alike?: Alike | null): Promise<Listing>;
  /** Leaves `opened` as the only one listed under its id. */
  listOnly(opened: RequestDocument): Promise<void>;
}

export type AgentCaps = Pick<Caps, "MAX_PENDING_PER_AGENT" | "MAX_REQUESTS_PER_MINUTE">;

/** Which requests of an agent are the same as one that it asks for without an idempotency key, as long as they are open. */
export interface Alike {
  /** How their ids begin, and those of no others. */
  subject: string;
  /** Ids among them that are over, which the list does not say yet. */
  over: readonly string[];
}

/** An open one that is alike. Perhaps nothing is opened under its id yet. */
export interface Found {
  id: string;
  requestedAt: string;
  expiresAt: string;
}

export type Listing =
  | ({ status: "found" } & Found)
  /** `alone`: nothing else is listed under its id, by a call that broke off or is under way as well. */
  | { status: "listed"; alone: boolean }
  /** Its agent is revoked. */
  | { status: "agent-stopped" }
  /** Its id is spent: what was opened under it is over for ever. */
  | { status: "over" }
  /** `retryAfter` seconds from now one more may pass. */
  | { status: "over-cap"; cap: keyof AgentCaps; retryAfter: number };

/** The object that will hold the request. */
export interface ApprovalOpener {
  /** Null if nothing was ever opened under this id. */
  read(requestId: string): Promise<Snapshot | null>;
  /** As `read`, without a look into the archive: null also for what is only there. */
  held(requestId: string): Promise<Snapshot | null>;
  /** Opens the request, unless one is there already: then that one stays. */
  open(opening: Opening): Promise<Opened>;
}

/** What an object is opened with. */
export interface Opening {
  request: RequestDocument;
  /** Canonical JSON. */
  payload: string;
  /** Of everything that was asked for but the wait: two asks with one are the same. */
  fingerprint: string;
  /** Origin line of the log that it will end in. */
  log: string;
}

export interface Opened {
  snapshot: Snapshot;
  isNew: boolean;
}

/** Who asks. */
export interface AskingAgent {
  id: string;
  name: string;
  /** The person who answers for it. */
  owner: string;
  /**
   * Null once it is known that its key stands and that it may call; otherwise what it is refused with. Only asking may begin before that
   * is known, and waits for it before anything takes effect.
   */
  admitted(): Promise<Failure | null>;
}

export interface OpenPorts {
  index: ApprovalIndex;
  approvals: ApprovalOpener;
  caps: AgentCaps & Pick<Caps, "MAX_PAYLOAD_BYTES">;
  /** Whether requests may ask to be revealed. */
  allowReveal: boolean;
  origin: string;
  /** The log's origin line. */
  logOrigin(): Promise<string>;
  serverSecret: Bytes;
  now(): number;
  random(bytes: number): Bytes;
}

/** Redeeming later than this after the deadline is refused. */
const USE_BY_MS = 3_600_000;

/** Sizes are in bytes of the canonical form, times in seconds. */
export type AskRefusal =
  | { reason: "payload-too-large"; mostBytes: number }
  | { reason: "key-used-for-another" | "nothing-is-revealed" }
  | { reason: "unknown-approvers"; usernames: string[] }
  | { reason: "too-few-approvers"; required: number; eligible: number }
  | { reason: "over-cap"; cap: keyof AgentCaps; most: number; retryAfter: number }
  | { reason: "agent-stopped" }
  | { reason: "not-admitted"; failure: Failure };

/** Everything that makes two asks the same: all but how long the caller waits. */
const fingerprintOf = ({ idempotencyKey: _, reveal, ...ask }: CheckedAsk): string =>
  hex(hashJson(reveal ? { ...ask, reveal } : { ...ask }));

/**
 * What makes two asks without an idempotency key the same while the first is open: what people are shown to decide, and who may. The
 * first one's reason and deadline stand.
 */
function subjectOfAsk({ action, payload, approvers, reveal }: CheckedAsk): Bytes {
  const names = (given: string[] | null) => (given === null ? null : [...new Set(given)].toSorted());
  const { users, groups, required } = approvers;
  return hashJson({ action, payload, approvers: { users: names(users), groups: names(groups), required }, reveal });
}

/**
 * 1. an idempotent repetition answers as before; 2. approvers are resolved; 3. the request is made; 4. it is listed, so
 * that revoking the agent finds it, or one that is alike is found; 5. its object stores it. Only then is the id given out.
 */
export async function openApproval(ask: CheckedAsk, agent: AskingAgent, ports: OpenPorts): Promise<Result<Opened, AskRefusal>> {
  const payload = canonicalize(ask.payload);
  const mostBytes = ports.caps.MAX_PAYLOAD_BYTES;
  if (utf8(payload).length > mostBytes) return refuse({ reason: "payload-too-large", mostBytes });
  const isKeyed = ask.idempotencyKey !== null;
  const seed =
    ask.idempotencyKey !== null
      ? idempotentSeed(ports.serverSecret, agent.id, ask.idempotencyKey)
      : subjectSeed(ports.serverSecret, agent.id, subjectOfAsk(ask), (bytes) => ports.random(bytes));
  const id = makeRequestId(ports.serverSecret, seed);
  const fingerprint = fingerprintOf(ask);
  // At the same time: they are in different places, and a new request needs them all.
  const [refused, quorum, before] = await Promise.all([
    agent.admitted(),
    resolveApprovers(ask, ports.index),
    isKeyed ? ports.approvals.held(id) : null,
  ]);
  if (refused !== null) return refuse({ reason: "not-admitted", failure: refused });
  if (before !== null) return sameAsk({ snapshot: before, isNew: false }, fingerprint); // 1
  const revealsInVain = ask.reveal && !ports.allowReveal;
  if (revealsInVain || !quorum.ok) {
    const archived = isKeyed ? await ports.approvals.read(id) : null;
    if (archived !== null) return sameAsk({ snapshot: archived, isNew: false }, fingerprint); // 1
    return quorum.ok || revealsInVain ? refuse({ reason: "nothing-is-revealed" }) : quorum; // 2
  }

  const nowMs = ports.now();
  const expiresAtMs = nowMs + ask.expiresInSeconds * 1000;
  const request: RequestDocument = {
    type: "countersign/request@v1",
    id,
    origin: ports.origin,
    action: ask.action,
    reason: ask.reason,
    payload_hash: payloadHash(ask.payload),
    requested_by: { id: agent.id, name: agent.name, owner: agent.owner },
    policy: DEFAULT_POLICY,
    context: ask.reveal ? REVEALED : {},
    quorum: quorum.value,
    requested_at: timestamp(nowMs),
    expires_at: timestamp(expiresAtMs),
    use_by: timestamp(expiresAtMs + USE_BY_MS),
  }; // 3
  const opened = await listAndOpen({ request, payload, fingerprint }, isKeyed, ports); // 4, 5
  return opened.ok && isKeyed ? sameAsk(opened.value, fingerprint) : opened;
}

/**
 * Opens what is asked for; or without a key, what is alike and goes on. What the list holds open and is over, its end being on the way to
 * the log, is passed over: each time round one id more, so that of two calls at the same moment one finds what the other has listed.
 */
async function listAndOpen(asked: Omit<Opening, "log">, isKeyed: boolean, ports: OpenPorts): Promise<Result<Opened, AskRefusal>> {
  const { request } = asked;
  const over: string[] = [];
  for (;;) {
    const listing = await ports.index.list(request, ports.caps, isKeyed ? null : { subject: subjectOf(request.id), over });
    switch (listing.status) {
      case "agent-stopped":
        return refuse({ reason: "agent-stopped" });
      case "over-cap": {
        const { cap, retryAfter } = listing;
        return refuse({ reason: "over-cap", cap, most: ports.caps[cap], retryAfter });
      }
      case "listed": {
        const opened = await ports.approvals.open({ ...asked, log: await ports.logOrigin() });
        if (!opened.isNew || !listing.alone) await ports.index.listOnly(opened.snapshot.request);
        return accept(opened);
      }
      case "over":
        return accept({ snapshot: await overForEver(request.id, ports), isNew: false });
      case "found": {
        const found = await openFound(listing, asked, ports);
        if (found !== null) return accept(found);
        over.push(listing.id);
      }
    }
  }
}

/** Throws if the archive does not have it: then nobody is told anything of it, and nothing is opened in its place. */
async function overForEver(id: string, { approvals }: OpenPorts): Promise<Snapshot> {
  const archived = await approvals.read(id);
  if (archived === null) throw new Error(`${id} is over for ever, and the archive does not have it`);
  return archived;
}

/**
 * What is listed, if it goes on. Who listed it may have broken off before opening it, or be about to: whoever comes first opens it, and
 * the list is set right.
 */
async function openFound(listed: Found, asked: Omit<Opening, "log">, ports: OpenPorts): Promise<Opened | null> {
  const { id, requestedAt, expiresAt } = listed;
  const snapshot = await ports.approvals.held(id);
  const opened =
    snapshot === null
      ? await ports.approvals.open({ ...asked, request: { ...asked.request, id }, log: await ports.logOrigin() })
      : { snapshot, isNew: false };
  if (!goesOn(opened.snapshot)) return null;
  const { requested_at, expires_at } = opened.snapshot.request;
  if (requested_at !== requestedAt || expires_at !== expiresAt) await ports.index.listOnly(opened.snapshot.request);
  return opened;
}

/** Whether its agent may still wait for people's answer; one that is being recorded would be asked for twice. */
const goesOn = ({ status, endedBy }: Snapshot): boolean => status === "pending" || (status === "settling" && endedBy === "passkeys");

const sameAsk = (opened: Opened, fingerprint: string): Result<Opened, AskRefusal> =>
  opened.snapshot.fingerprint === fingerprint ? accept(opened) : refuse({ reason: "key-used-for-another" });

async function resolveApprovers({ approvers: wanted }: CheckedAsk, index: ApprovalIndex): Promise<Result<QuorumSlot[], AskRefusal>> {
  const { required } = wanted;
  const { people: everybody, unknown: usernames } = await index.approvers(wanted.users ?? []);
  if (usernames.length > 0) return refuse({ reason: "unknown-approvers", usernames });
  const anybody = wanted.users === null && wanted.groups === null;
  const isNamed = (person: Approver) =>
    anybody || wanted.users?.includes(person.username) === true || person.groups.some((group) => wanted.groups?.includes(group) === true);
  const named = everybody.filter(isNamed);
  const people = new Set(named.map((person) => person.countsAs)).size;
  if (people < required) return refuse({ reason: "too-few-approvers", required, eligible: people });
  const eligible = named.map((person) => person.id).toSorted();
  return accept([{ name: anybody ? "any approver" : "named approvers", required, eligible }]);
}
