/**
 * Receipts of `StubCountersign`: whole, in a log in memory, so that whoever is tested checks them as those of a service. Nobody but a test
 * believes them, since the log's key is in this package.
 */
import type { Receipt, ReceiptV1, ReceiptV2 } from "../documents/receipt.ts";
import type { CallOutcome, EndedBy, FinalKind, RecordOf } from "../documents/record.ts";
import { DEFAULT_POLICY, payloadHash, type RequestDocument, type RequestV1, type RequestV2, requestHash } from "../documents/request.ts";
import type { JsonObject } from "../json/canonical-json.ts";
import type { StubLeaf, StubLog } from "./stub-log.ts";
import { personNumber, type SignedVerdict, StubPeople, type StubVerdict } from "./stub-people.ts";

const AGENT = { id: "agt_test", name: "test-agent", owner: "usr_owner" };

/** What was asked, as people would be shown it. */
export interface StubAsked {
  id: string;
  origin: string;
  action: string;
  reason: string | null;
  payload: JsonObject;
  required: number;
  requested_at: string;
  expires_at: string;
  use_by: string;
}

/** How a request ended, and what came of it since. */
export interface StubEnd {
  status: string;
  /** Of what passed without people. */
  rule: string | null;
  at: string;
  verdicts: readonly StubVerdict[];
  redeemedAt: string | null;
  outcome: CallOutcome | null;
}

/** The request that people decide about, signed or not. */
export function signedRequest({ payload, required, ...asked }: StubAsked): RequestV1 {
  const eligible = Array.from({ length: required }, (_, person) => personNumber(person).id);
  return {
    type: "countersign/request@v1",
    ...asked,
    payload_hash: payloadHash(payload),
    requested_by: AGENT,
    policy: { ...DEFAULT_POLICY },
    context: {},
    quorum: [{ name: "any approver", required, eligible }],
  };
}

/** The same of what passes by a rule of a policy: nobody is asked. */
const passingRequest = (asked: StubAsked, rule: string): RequestV2 => ({
  ...signedRequest(asked),
  type: "countersign/request@v2",
  policy: { version: 1, rule, hash: DEFAULT_POLICY.hash },
  context: { source: "ask" },
  quorum: [],
  denials: 1,
});

/** The leaves of one request, each once in the log. */
interface Leaves {
  final: StubLeaf<RecordOf<FinalKind>> | null;
  passed: StubLeaf<RecordOf<"approval.auto_approved">> | null;
  signed: readonly SignedVerdict[];
  redeemed: StubLeaf<RecordOf<"approval.redeemed">> | null;
  outcome: StubLeaf<RecordOf<"call.succeeded" | "call.failed" | "call.unknown">> | null;
}

export class StubReceipts {
  readonly #log: StubLog;
  readonly #people: StubPeople;
  readonly #leaves = new Map<string, Leaves>();
  /** One receipt is made after the other, so that the log has each leaf once. */
  #making: Promise<unknown> = Promise.resolve();

  constructor(log: StubLog) {
    this.#log = log;
    this.#people = new StubPeople(log);
  }

  /** The receipt of a request that has ended. */
  receipt(asked: StubAsked, end: StubEnd): Promise<Receipt> {
    const made = this.#making.then(() => this.#make(asked, end));
    this.#making = made.catch(() => {});
    return made;
  }

  async #make(asked: StubAsked, end: StubEnd): Promise<Receipt> {
    const leaves = this.#leaves.get(asked.id) ?? (await this.#logEnd(asked, end));
    this.#leaves.set(asked.id, leaves);
    this.#logUse(leaves, end);
    const prove = await this.#log.prover();
    const members = {
      payload: asked.payload,
      passkeys: leaves.signed.map(({ enrolment }) => prove(enrolment)),
      comments: leaves.signed.flatMap(({ comment }) => comment ?? []),
      redeemed: leaves.redeemed && prove(leaves.redeemed),
      outcome: leaves.outcome && prove(leaves.outcome),
    };
    if (leaves.passed !== null) {
      const further = { detail: null, policy: null, steps: [], grant: null };
      return { type: "countersign/receipt@v2", ...members, ...further, final: prove(leaves.passed) } satisfies ReceiptV2;
    }
    if (leaves.final === null) throw new Error("what has not ended has no receipt");
    return { type: "countersign/receipt@v1", ...members, final: prove(leaves.final) } satisfies ReceiptV1;
  }

  async #logEnd(asked: StubAsked, { status, rule, at, verdicts }: StubEnd): Promise<Leaves> {
    const leaves: Leaves = { final: null, passed: null, signed: [], redeemed: null, outcome: null };
    if (rule !== null) {
      const members = { request: passingRequest(asked, rule), basis: "policy" as const, grant: null };
      return { ...leaves, passed: this.#log.append("approval.auto_approved", members, at) };
    }
    const request = signedRequest(asked);
    await this.#people.enrol(Math.max(0, ...verdicts.map(({ person }) => person + 1)), asked.requested_at);
    const signed: SignedVerdict[] = [];
    for (const verdict of verdicts) signed.push(await this.#people.sign(request, verdict));
    const ended_by: EndedBy = status === "expired" ? "deadline" : status === "cancelled" ? "requester" : "passkeys";
    const members = { request, ended_by, decisions: signed.map(({ decision }) => decision) };
    const kind = `approval.${status}` as FinalKind;
    return { ...leaves, signed, final: this.#log.append(kind, members, status === "expired" ? asked.expires_at : at) };
  }

  /** What was done with it since, in the order in which it was. */
  #logUse(leaves: Leaves, { redeemedAt, outcome, at }: StubEnd): void {
    const request: RequestDocument | undefined = (leaves.passed ?? leaves.final)?.record.request;
    if (request === undefined || redeemedAt === null) return;
    const request_hash = requestHash(request);
    const redeemed_by = { id: AGENT.id, name: AGENT.name };
    leaves.redeemed ??= this.#log.append(
      "approval.redeemed",
      { request_hash, payload_hash: request.payload_hash, redeemed_by },
      redeemedAt,
    );
    if (outcome === null || leaves.outcome?.record.kind === `call.${outcome}`) return;
    leaves.outcome = this.#log.append(`call.${outcome}`, { request_hash, detail_hash: null }, at);
  }
}
