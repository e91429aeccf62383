/** The state machine, driven by anything that can happen in any order. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AcceptedDecision, type ApprovalState, type Event, openedApproval, transition } from "#rules/approval.ts";
import { b64u } from "#countersign/encoding/bytes.ts";
import { nextToLog, withLogged } from "#rules/logged-facts.ts";
import { withProposal } from "#rules/talk/proposal.ts";
import { snapshot } from "#gate/approvals/snapshot.ts";
import { quorumMet } from "#countersign/quorum.ts";
import { recordShapes } from "#countersign/documents/record.ts";
import { type RequestDocument, type RequestV1, DEFAULT_POLICY, payloadHash, requestHash } from "#countersign/documents/request.ts";
import { buildStatement, type Verdict } from "#countersign/documents/statement.ts";
import { timestamp } from "#countersign/documents/words.ts";

const START_MS = Date.parse("2026-11-20T09:00:00.000Z");
const DEADLINE_MS = START_MS + 60_000;
const PEOPLE = ["usr_a", "usr_b", "usr_c", "usr_d"];
const SALT = b64u(new Uint8Array(32).fill(7));

const requestFor = (quorum: RequestV1["quorum"]): RequestDocument => ({
  type: "countersign/request@v1",
  id: `apr_${"A".repeat(32)}`,
  origin: "https://gate.example.com",
  action: "Deploy",
  reason: null,
  payload_hash: payloadHash({}),
  requested_by: { id: "agt_1", name: "bot", owner: "usr_a" },
  policy: DEFAULT_POLICY,
  context: {},
  quorum,
  requested_at: timestamp(START_MS),
  expires_at: timestamp(DEADLINE_MS),
  use_by: timestamp(DEADLINE_MS + 1),
});

const opened = (quorum: RequestV1["quorum"]): ApprovalState =>
  openedApproval({ request: requestFor(quorum), payload: "{}", fingerprint: "", log: "gate.example.com/log" });

function decisionBy(request: RequestDocument, person: string, verdict: Verdict, nonce: number): AcceptedDecision {
  const draft = { verdict, approver: { id: person, username: person.slice(4) }, comment: "", commentSalt: SALT };
  const statement = buildStatement(request, { ...draft, nonce: b64u(new Uint8Array(32).fill(nonce)) });
  const assertion = { client_data_json: "AA", authenticator_data: "AA", signature: "AA" };
  return { at: timestamp(START_MS), statement, credential_id: `${person.slice(4)}AAA`, assertion, comment: null };
}

type Step =
  | { do: "decide"; person: string; verdict: Verdict }
  | { do: "cancel"; by: "requester" | "revocation" | "stop" }
  | { do: "tick" }
  | { do: "revoke"; person: string }
  | { do: "reinstate"; person: string };
/** A step, and how far the clock moves before it: backwards too. */
const steps = fc.array(
  fc.tuple(
    fc.oneof(
      fc.record({
        do: fc.constant("decide" as const),
        person: fc.constantFrom(...PEOPLE),
        verdict: fc.constantFrom<Verdict[]>("approved", "approved", "denied"),
      }),
      fc.record({ do: fc.constant("cancel" as const), by: fc.constantFrom("requester" as const, "revocation" as const, "stop" as const) }),
      fc.constant({ do: "tick" as const }),
      fc.record({ do: fc.constant("revoke" as const), person: fc.constantFrom(...PEOPLE) }),
      fc.record({ do: fc.constant("reinstate" as const), person: fc.constantFrom(...PEOPLE) }),
    ),
    fc.integer({ min: -2_000, max: 15_000 }),
  ),
  { maxLength: 14 },
);
const quorums = fc.array(
  fc.record({
    name: fc.constant("slot"),
    required: fc.integer({ min: 1, max: 2 }),
    eligible: fc.uniqueArray(fc.constantFrom(...PEOPLE), { minLength: 1 }),
  }),
  { minLength: 1, maxLength: 2 },
);

const eventFor = (step: Exclude<Step, { do: "revoke" } | { do: "reinstate" }>, approval: ApprovalState, nonce: number): Event => {
  if (step.do === "decide") return { type: "decide", decision: decisionBy(approval.request, step.person, step.verdict, nonce) };
  return step.do === "cancel" ? { type: "cancel", by: step.by, reason: null } : { type: "tick" };
};

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}

/** Runs the steps; hands over every transition. */
function play(
  quorum: RequestV1["quorum"],
  taken: [Step, number][],
  see: (before: ApprovalState, after: ApprovalState, nowMs: number, revoked: ReadonlySet<string>) => void,
): ApprovalState {
  let approval = freeze(opened(quorum));
  let nowMs = START_MS;
  const revoked = new Set<string>();
  for (const [index, [step, movesMs]] of taken.entries()) {
    nowMs += movesMs;
    if (step.do === "revoke" || step.do === "reinstate") {
      if (step.do === "revoke") revoked.add(step.person);
      else revoked.delete(step.person);
      continue;
    }
    const stands = (decision: { statement: { approver: { id: string } } }) => !revoked.has(decision.statement.approver.id);
    const next = transition(approval, eventFor(step, approval, index), {
      nowMs,
      salt: SALT,
      log: "gate.example.com/log",
      stands,
      countsAs: (id) => id,
      silenceCounts: false,
    });
    if (!next.ok) continue;
    const after = freeze(next.value);
    see(approval, after, nowMs, revoked);
    approval = after;
  }
  return approval;
}

describe("whatever happens, in whatever order and however clocks step,", () => {
  it("an end is an end", () => {
    fc.assert(
      fc.property(quorums, steps, (quorum, taken) => {
        play(quorum, taken, (before, after) => {
          if (before.ending !== null) expect(after).toBe(before);
        });
      }),
    );
  });

  it("every final record has its shape, its times in order, and decisions that bear it out", () => {
    fc.assert(
      fc.property(quorums, steps, (quorum, taken) => {
        const { ending, request } = play(quorum, taken, () => {});
        if (ending === null) return;
        const { record } = ending.sealed;
        if (!("decisions" in record)) throw new Error("it passed without people");
        expect(recordShapes[record.kind](record, "record")).toEqual(record);
        const times = [request.requested_at, ...record.decisions.map((one) => one.at), record.at];
        expect(times.toSorted()).toEqual(times);
        for (const { at } of record.decisions) expect(at < request.expires_at).toBe(true);

        const people = record.decisions.map((one) => one.statement.approver.id);
        expect(new Set(people).size).toBe(people.length);
        for (const person of people) expect(request.quorum.some((slot) => slot.eligible.includes(person))).toBe(true);
        const denials = record.decisions.filter((one) => one.statement.verdict === "denied");
        const approvers = new Set(
          record.decisions.filter((one) => one.statement.verdict === "approved").map((one) => one.statement.approver.id),
        );
        expect(denials.length).toBe(record.kind === "approval.denied" ? 1 : 0);
        expect(quorumMet(request.quorum, approvers)).toBe(record.kind === "approval.approved");
        if (record.kind === "approval.expired") expect(record.at >= request.expires_at).toBe(true);
        else expect(record.at < request.expires_at).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("before the end nothing is forgotten of who still stands, and nobody counts twice", () => {
    fc.assert(
      fc.property(quorums, steps, (quorum, taken) => {
        play(quorum, taken, (before, after, _, revoked) => {
          const kept = before.decisions.filter((one) => !revoked.has(one.statement.approver.id));
          if (after.ending === null) expect(after.decisions).toEqual(expect.arrayContaining(kept));
          const people = after.decisions.map((one) => one.statement.approver.id);
          expect(new Set(people).size).toBe(people.length);
        });
      }),
    );
  });

  it("after the deadline nothing but expiry is possible", () => {
    fc.assert(
      fc.property(quorums, steps, (quorum, taken) => {
        play(quorum, taken, (before, after, nowMs) => {
          if (before.ending === null && nowMs >= DEADLINE_MS) expect(after.ending?.status).toBe("expired");
        });
      }),
    );
  });
});

describe("refuses", () => {
  const one = opened([{ name: "any approver", required: 1, eligible: ["usr_a"] }]);
  const at = (nowMs: number, stands = true) => ({
    nowMs,
    salt: SALT,
    log: "gate.example.com/log",
    stands: () => stands,
    countsAs: (id: string) => id,
    silenceCounts: false,
  });
  const deciding = (person: string): Event => ({ type: "decide", decision: decisionBy(one.request, person, "approved", 1) });

  it("a person who is not asked", () => {
    expect(transition(one, deciding("usr_b"), at(START_MS))).toEqual({ ok: false, refusal: { reason: "not-eligible" } });
  });
  it("a person or passkey that no longer stands", () => {
    expect(transition(one, deciding("usr_a"), at(START_MS, false))).toEqual({ ok: false, refusal: { reason: "person-not-standing" } });
  });
  it("a decision at the very deadline, and takes one a millisecond before", () => {
    expect(transition(one, deciding("usr_a"), at(DEADLINE_MS))).toEqual({ ok: false, refusal: { reason: "deadline-passed" } });
    expect(transition(one, deciding("usr_a"), at(DEADLINE_MS - 1))).toMatchObject({ ok: true, value: { ending: { status: "approved" } } });
  });
  it("cancelling what has ended", () => {
    const ended = transition(one, { type: "cancel", by: "requester", reason: null }, at(START_MS));
    const again = ended.ok && transition(ended.value, { type: "cancel", by: "requester", reason: null }, at(START_MS));
    expect(again).toEqual({ ok: false, refusal: { reason: "already-final" } });
  });
});

it("adopts what the log holds, and keeps the comments that it still has", () => {
  const approval = opened([{ name: "any approver", required: 1, eligible: ["usr_a"] }]);
  const commented = { ...decisionBy(approval.request, "usr_a", "denied", 1), comment: { text: "no", salt: SALT } };
  const circumstances = {
    nowMs: START_MS,
    salt: SALT,
    log: "gate.example.com/log",
    stands: () => true,
    countsAs: (id: string) => id,
    silenceCounts: false,
  };
  const denied = transition(approval, { type: "decide", decision: commented }, circumstances);
  if (!denied.ok || denied.value.ending === null) throw new Error("not denied");
  const adopted = withLogged({ ...approval, decisions: [commented] }, "final", denied.value.ending.sealed, 5);
  expect(adopted).toMatchObject({ decisions: [{ comment: { text: "no" } }], ending: { status: "denied", logged: 5 } });
});

describe("a denial with a proposal", () => {
  const at = { nowMs: START_MS, log: "gate.example.com/log", stands: () => true, countsAs: (id: string) => id, silenceCounts: false };
  const approval = opened([{ name: "any approver", required: 1, eligible: ["usr_a"] }]);
  const endedWith = (salt: string, by: "denial" | "withdrawal") => {
    const denial = decisionBy(approval.request, "usr_a", "denied", 1);
    const event: Event = by === "denial" ? { type: "decide", decision: denial } : { type: "cancel", by: "requester", reason: null };
    const next = transition(approval, event, { ...at, salt });
    if (!next.ok || next.value.ending === null) throw new Error("not ended");
    return { state: next.value, sealed: next.value.ending.sealed, status: next.value.ending.status };
  };
  const proposal = { payload: '{"a":1}', payloadHash: payloadHash({ a: 1 }) };
  const other = b64u(new Uint8Array(32).fill(8));
  const proposing = withProposal(endedWith(SALT, "denial").state, { id: "usr_a", username: "a" }, proposal, { salt: other, log: at.log });

  it("goes on with it once the log has that denial", () => {
    const own = withLogged(proposing, "final", endedWith(SALT, "denial").sealed, 5);
    expect(nextToLog(own)).toMatchObject({ key: "proposal" });
  });

  it.each([
    ["was withdrawn", endedWith(other, "withdrawal")],
    ["was denied without one", endedWith(other, "denial")],
  ])("forgets it where the log says that the request %s", (_, logged) => {
    const adopted = withLogged(proposing, "final", logged.sealed, 5);
    expect([adopted.ending?.status, adopted.proposal, nextToLog(adopted)]).toEqual([logged.status, undefined, null]);
  });
});

describe("the end of another request under the same id", () => {
  const [own, other] = [
    opened([{ name: "one", required: 1, eligible: ["usr_a"] }]),
    opened([{ name: "two", required: 1, eligible: ["usr_b"] }]),
  ];
  const at = { nowMs: START_MS, salt: SALT, log: own.log, stands: () => true, countsAs: (id: string) => id, silenceCounts: false };
  const adoptedBy = (approval: ApprovalState, ended: ApprovalState) => {
    const next = transition(ended, { type: "cancel", by: "requester", reason: null }, at);
    if (!next.ok || next.value.ending === null) throw new Error("not cancelled");
    return withLogged(approval, "final", next.value.ending.sealed, 5);
  };

  it("is told by that one's hash, and not by how this one was judged", () => {
    const judged = { stops: { all: 2, agent: 1 }, narrowing: { users: ["bo"], groups: null, required: 1 }, shortened: [] };
    const adopted = adoptedBy({ ...own, judged }, other);
    expect(adopted).toMatchObject({ request: other.request, payload: "{}" });
    expect([snapshot(adopted, START_MS).requestHash, adopted.judged]).toEqual([requestHash(other.request), undefined]);
  });

  it("serves for no other payload", () => {
    const payload = { ...other, request: { ...other.request, payload_hash: payloadHash({ a: 1 }) } };
    expect(adoptedBy(own, payload)).toMatchObject({ request: payload.request, payload: null });
  });
});
