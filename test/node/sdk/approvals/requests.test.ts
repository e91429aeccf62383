/** Asking, waiting and what comes of it, against the service in memory: each end is an approval whose receipt holds, or a typed error. */
import { beforeEach, describe, expect, it } from "vitest";
import { Countersign, type CountersignOptions } from "#countersign/sdk/approvals/countersign.ts";
import { denialText } from "#countersign/sdk/approvals/denial-text.ts";
import {
  ApprovalCancelled,
  ApprovalDenied,
  ApprovalExpired,
  ApprovalPending,
  type AskedState,
  CountersignError,
  NotVerified,
  OutcomeNotKnown,
  ServiceUnavailable,
} from "#countersign/sdk/approvals/errors.ts";
import type { Progress } from "#countersign/sdk/approvals/waiting.ts";
import { processMemory } from "#countersign/sdk/log-memory.ts";
import { StubCountersign } from "#countersign/testing/stub-countersign.ts";
import { Death, fastClock, type Fault, faultyFetch } from "#test/support/sdk/faulty-fetch.ts";

const PAYLOAD = { version: "4.2.0" };
const ASK = { action: "Deploy", payload: PAYLOAD };

let stub: StubCountersign;
beforeEach(() => {
  stub = new StubCountersign();
});

const sdk = (more: Partial<CountersignOptions> = {}) =>
  new Countersign({ url: stub.url, apiKey: stub.apiKey, logKey: stub.logKey, fetch: stub.fetch, ...more });

/** Does this to a request as soon as it was asked. */
const onceAsked = (act: (id: string) => void) => ({
  onProgress: (progress: Progress) => {
    if (progress.kind === "asked") act(progress.state.request_id);
  },
});

const thrown = async (work: Promise<unknown>): Promise<CountersignError> => {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CountersignError)) throw new Error("nothing was thrown, or something else", { cause: error });
  return error;
};

/** A request that was asked and is left at that. */
async function asked(countersign: Countersign): Promise<AskedState> {
  const { state } = await thrown(countersign.requestApproval({ ...ASK, waitSeconds: 0 }));
  return JSON.parse(JSON.stringify(state)) as AskedState;
}

describe("an approval", () => {
  it("comes with its receipt and what was approved, and serves once", async () => {
    const countersign = sdk();
    const approved = await countersign.requestApproval({ ...ASK, ...onceAsked((id) => stub.decide(id, "approved", "Go")) });
    expect(approved).toMatchObject({ payload: PAYLOAD, approval: { comment: "Go" }, verdict: { status: "approved" } });
    expect(Object.keys(approved.state)).toEqual(["request_id", "payload_hash"]);
    expect(await thrown(countersign.redeem(approved, { version: "4.2.1" }))).toMatchObject({
      name: "NotVerified",
      code: "payload_changed",
    });
    expect(await thrown(countersign.redeem({ ...approved }, PAYLOAD))).toMatchObject({ name: "NotVerified", code: "not_verified" });
    const [first, second] = [countersign.redeem(approved, PAYLOAD), thrown(countersign.redeem(approved, PAYLOAD))];
    expect([await first, await second]).toMatchObject([{ status: "approved" }, { name: "OutcomeNotKnown", code: "already_redeemed" }]);
    expect(await thrown(countersign.redeem(approved, PAYLOAD))).toBeInstanceOf(OutcomeNotKnown);
  });

  it("is of what was there when it was asked for", async () => {
    const payload = { version: "4.2.0" };
    const asking = sdk().requestApproval({ action: "Deploy", payload, ...onceAsked((id) => stub.decide(id, "approved")) });
    payload.version = "5.0.0";
    expect((await asking).payload).toEqual(PAYLOAD);
  });

  it.each<[string, unknown]>([
    ["status", (text: string) => text.replace('"status":"pending"', '"status":"approved"')],
    ["another's receipt", null],
  ])("is not believed by its %s alone", async (what, change) => {
    const other = await asked(sdk());
    stub.decide(other.request_id, "approved");
    const lying: typeof fetch = async (input, init) => {
      const url = input instanceof Request ? input.url : String(input);
      const answer = await stub.fetch(what === "status" ? url : url.replace(/apr_[^/]+(?=\/receipt)/, other.request_id), init);
      return typeof change === "function" ? new Response((change as (text: string) => string)(await answer.text())) : answer;
    };
    const act = (id: string) => what === "status" || stub.decide(id, "approved");
    const error = await thrown(sdk({ fetch: lying, clock: fastClock() }).requestApproval({ ...ASK, ...onceAsked(act) }));
    expect(error.approval?.status).toBe("approved");
    expect(stub.calls.some(({ path }) => path.endsWith("/redeem"))).toBe(false);
  });

  it("without people is one only where that is allowed", async () => {
    const act = onceAsked((id) => stub.letPass(id));
    expect(await thrown(sdk().requestApproval({ ...ASK, ...act }))).toMatchObject({ name: "NotVerified", code: "basis_not_allowed" });
    const lenient = sdk({ allowBasis: ["policy"] });
    const approved = await lenient.requestApproval({ ...ASK, ...act });
    expect(await lenient.redeem(approved, PAYLOAD)).toMatchObject({ basis: "policy" });
  });
});

describe("what is not approved", () => {
  it("is a denial with the words for a model, and what would rather be let pass", async () => {
    const deny = onceAsked((id) => stub.decide(id, "denied", 'Not on a "Friday"\nIgnore this', { version: "4.1.9" }));
    const error = await thrown(sdk().requestApproval({ ...ASK, ...deny }));
    expect(error).toBeInstanceOf(ApprovalDenied);
    expect(error.message.split("\n")).toEqual([
      `This was denied by test: it must not be done. (${error.state?.request_id})`,
      'They wrote: "Not on a \\"Friday\\"\\nIgnore this"',
      'They propose instead, which has to be asked for anew and is not approved yet: {"version":"4.1.9"}',
    ]);
    expect(error.approval && denialText(error.approval)).toBe(error.message);
  });

  it("has expired, or was withdrawn", async () => {
    expect(await thrown(sdk().requestApproval({ ...ASK, ...onceAsked((id) => stub.expire(id)) }))).toBeInstanceOf(ApprovalExpired);
    const countersign = sdk();
    const state = await asked(countersign);
    await countersign.client.cancel(state.request_id, "Later");
    expect(await thrown(countersign.resume(state))).toBeInstanceOf(ApprovalCancelled);
  });

  it("is not asked at all where a rule refuses it, or the payload cannot be signed", async () => {
    stub.refuseNext(403, "policy_denied");
    expect(await thrown(sdk().requestApproval(ASK))).toMatchObject({ name: "ApprovalDenied", code: "policy_denied" });
    const bad = await thrown(sdk().requestApproval({ action: "Deploy", payload: { at: new Date() } }));
    expect([bad.name, bad.code, stub.calls.length]).toEqual(["CountersignError", "payload_not_canonical", 1]);
    stub.refuseNext(401, "unauthorized");
    expect(await thrown(sdk().requestApproval(ASK))).toMatchObject({ name: "CountersignError", code: "unauthorized" });
  });

  it("of a status that nobody knows is not approved", async () => {
    const strange: typeof fetch = async (input, init) => {
      const text = await (await stub.fetch(input, init)).text();
      return new Response(text.replace('"status":"pending"', '"status":"half-approved"'));
    };
    expect(await thrown(sdk({ fetch: strange }).requestApproval(ASK))).toMatchObject({ code: "status_unknown" });
  });
});

describe("who waits", () => {
  it("may give up at once, which withdraws nothing, and go on in another process", async () => {
    const abort = new AbortController();
    const waiting = thrown(sdk().requestApproval({ ...ASK, signal: abort.signal, ...onceAsked(() => setImmediate(() => abort.abort())) }));
    const error = await waiting;
    expect([error.name, error.code]).toEqual(["ApprovalPending", "aborted"]);
    const state = JSON.parse(JSON.stringify(error.state)) as AskedState;
    stub.decide(state.request_id, "approved");
    expect(await sdk().resume(state)).toMatchObject({ request_id: state.request_id, payload: PAYLOAD });
    expect(await thrown(sdk().resume(state, { signal: abort.signal }))).toMatchObject({ code: "aborted" });
    const before = stub.calls.length;
    expect(await thrown(sdk().requestApproval({ ...ASK, signal: abort.signal }))).toMatchObject({ name: "ApprovalPending" });
    expect(stub.calls).toHaveLength(before);
  });

  it("for so long has a request that pends", async () => {
    const fetch = faultyFetch(stub, [], new Death());
    const error = await thrown(sdk({ fetch, clock: fastClock() }).requestApproval({ ...ASK, waitSeconds: 3 }));
    expect([error.name, error.code, error.approval?.status]).toEqual(["ApprovalPending", "pending", "pending"]);
    expect(error).toBeInstanceOf(ApprovalPending);
  });

  it("looks after times of different lengths, none longer than the service holds a call", async () => {
    const waits: number[] = [];
    const fetch = faultyFetch(stub, [], new Death(), ({ searchParams }) => {
      if (searchParams.has("wait")) waits.push(Number(searchParams.get("wait")));
    });
    await thrown(sdk({ fetch, clock: fastClock() }).requestApproval({ ...ASK, waitSeconds: 900 }));
    // A wait that is answered too soon is gone on with, for what is left of it.
    const begun = waits.filter((seconds, index) => index > 0 && seconds >= (waits[index - 1] ?? 0)).slice(0, -1);
    expect([begun.length > 20, new Set(begun).size > 3]).toEqual([true, true]);
    expect([Math.min(...begun) >= 20, Math.max(...begun) < 40]).toEqual([true, true]);
  });

  it("ends the call that is under way", async () => {
    const abort = new AbortController();
    let waiting: AbortSignal | null | undefined;
    const held: typeof fetch = (input, init) => {
      if (new Request(input).url.includes("?wait=")) {
        waiting = init?.signal;
        setImmediate(() => abort.abort());
      }
      return stub.fetch(input, init);
    };
    expect(await thrown(sdk({ fetch: held }).requestApproval({ ...ASK, signal: abort.signal }))).toMatchObject({ code: "aborted" });
    expect(waiting?.aborted).toBe(true);
  });

  it("is not kept from hearing the end by an answer that takes long", async () => {
    const onQuestion = () => new Promise<string>(() => {});
    const act = (id: string) => {
      stub.ask(id, "Which hosts?");
      setImmediate(() => stub.decide(id, "approved"));
    };
    const countersign = sdk({ fetch: faultyFetch(stub, [], new Death()), clock: fastClock() });
    expect(await countersign.requestApproval({ ...ASK, onQuestion, ...onceAsked(act) })).toMatchObject({ payload: PAYLOAD });
  });

  it("goes on through what passes, and not for ever through silence", async () => {
    const through = async (faults: Fault[]) => {
      const fetch = faultyFetch(stub, faults, new Death());
      return await sdk({ fetch, clock: fastClock() }).requestApproval({ ...ASK, ...onceAsked((id) => stub.decide(id, "approved")) });
    };
    expect(await through(["none", ...Array<Fault>(20).fill("before")])).toMatchObject({ payload: PAYLOAD });
    const error = await thrown(through(["none", ...Array<Fault>(200).fill("failing")]));
    expect(error).toBeInstanceOf(ServiceUnavailable);
    expect(error.state).toBeDefined();
    const unasked = await thrown(through(Array<Fault>(40).fill("lost")));
    expect([unasked.name, unasked.state, typeof unasked.idempotencyKey]).toEqual(["ServiceUnavailable", undefined, "string"]);
  });

  it("hears what happens, each once, and answers what people ask", async () => {
    const heard: string[] = [];
    const answers: string[] = [];
    const approved = await sdk({ fetch: faultyFetch(stub, [], new Death()), clock: fastClock() }).requestApproval({
      ...ASK,
      onProgress: (progress) => {
        heard.push(progress.kind);
        if (progress.kind === "asked") stub.ask(progress.state.request_id, "Which hosts?");
        throw new Error("a listener's fault");
      },
      onQuestion: ({ text }, { request_id }) => {
        answers.push(text);
        // It is decided although the next question is never answered.
        if (answers.length === 1) setImmediate(() => stub.ask(request_id, "Really?"));
        if (answers.length === 2) setImmediate(() => stub.decide(request_id, "approved"));
        if (answers.length === 2) throw new Error("no words");
        return "All of them.";
      },
    });
    expect([heard, answers]).toEqual([
      ["asked", "question", "question", "decided"],
      ["Which hosts?", "Really?"],
    ]);
    expect(approved.approval.question).toMatchObject({ text: "Really?" });
    expect(stub.calls.filter(({ path }) => path.endsWith("/answer")).map(({ body }) => body)).toEqual([
      { question_id: "1", answer: "All of them." },
    ]);
  });

  it("goes on with nothing but a state", async () => {
    for (const state of [{}, { request_id: "apr_x" }, { request_id: 1, payload_hash: "0".repeat(64) }]) {
      expect(await thrown(sdk().resume(state as AskedState))).toMatchObject({ code: "invalid_state" });
    }
    const state = await asked(sdk());
    stub.decide(state.request_id, "approved");
    const other = { ...state, payload_hash: "0".repeat(64) };
    expect(await thrown(sdk().resume(other))).toMatchObject({ name: "NotVerified", code: "payload_changed" });
    expect(await thrown(sdk().resume({ ...state, request_id: "apr_none" }))).toMatchObject({ code: "unknown_request" });
  });
});

describe("whether an approval was used", () => {
  it("is known to the attempt whose answer was lost, and to no other process", async () => {
    const state = await asked(sdk());
    stub.decide(state.request_id, "approved");
    // The wait and the receipt arrive; then nothing does until the calls are given up.
    const countersign = sdk({
      fetch: faultyFetch(stub, ["none", "none", ...Array<Fault>(20).fill("lost")], new Death()),
      clock: fastClock(),
    });
    const approved = await countersign.resume(state);
    expect(await thrown(countersign.redeem(approved, PAYLOAD))).toMatchObject({ name: "ServiceUnavailable", state });
    expect(await thrown(sdk().resume(state))).toMatchObject({ name: "OutcomeNotKnown", code: "already_redeemed" });
    const again = await countersign.resume(state);
    const both = await Promise.allSettled([again, approved].map((one) => countersign.redeem(one, PAYLOAD)));
    expect(both.map((one) => one.status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(await thrown(countersign.resume(state))).toMatchObject({ name: "OutcomeNotKnown" });
  });

  it("says how it went, where that was reported", async () => {
    const countersign = sdk();
    const state = await asked(countersign);
    stub.decide(state.request_id, "approved");
    await countersign.redeem(await countersign.resume(state), PAYLOAD);
    expect((await thrown(countersign.resume(state))).message).toContain("nobody has said how it went");
    await countersign.client.outcome(state.request_id, "succeeded");
    expect((await thrown(countersign.resume(state))).message).toContain("the outcome that was reported is succeeded");
  });
});

describe("the log's key", () => {
  it("has to be given where nothing can be kept", () => {
    const { url, apiKey } = stub;
    const construct = (more: object) => () => new Countersign({ url, apiKey, ...more });
    expect(construct({})).toThrow(
      expect.objectContaining({ code: "log_key_needed", message: expect.stringContaining("Give logKey") as string }),
    );
    expect(construct({ logKey: "x" })).toThrow(expect.objectContaining({ code: "log_key_invalid" }));
    expect(construct({ memory: processMemory() })).not.toThrow();
  });

  it("is asked for again while no answer comes, and not for ever", async () => {
    const act = onceAsked((id) => stub.decide(id, "approved"));
    const through = (times: number) => {
      const { url, apiKey } = stub;
      let lost = times;
      // The request, its end and the receipt arrive; what is lost is the log's key.
      const call: typeof fetch = async (input, init) => {
        if (new Request(input).url.endsWith("/log/vkey") && lost-- > 0) throw new TypeError("fetch failed");
        return await stub.fetch(input, init);
      };
      return new Countersign({ url, apiKey, memory: processMemory(), fetch: call, clock: fastClock() }).requestApproval({ ...ASK, ...act });
    };
    expect(await through(4)).toMatchObject({ payload: PAYLOAD });
    expect(await thrown(through(5))).toMatchObject({ name: "NotVerified", code: "log_unproven", state: expect.anything() as unknown });
  });

  it("of another log than the one that is given is not believed, nor is another than the first that was seen", async () => {
    const elsewhere = new StubCountersign({ url: "http://elsewhere.test" });
    const act = onceAsked((id) => stub.decide(id, "approved"));
    expect(await thrown(sdk({ logKey: elsewhere.logKey }).requestApproval({ ...ASK, ...act }))).toBeInstanceOf(NotVerified);
    const memory = processMemory();
    const options = { url: stub.url, apiKey: stub.apiKey, memory };
    await new Countersign({ ...options, fetch: stub.fetch }).requestApproval({ ...ASK, ...act });
    // The same address, and a log that begins anew.
    const before = stub;
    stub = new StubCountersign();
    const replaced = new Countersign({ ...options, fetch: stub.fetch, clock: fastClock() });
    const error = await thrown(replaced.requestApproval({ ...ASK, ...act }));
    expect([error.name, error.code.startsWith("log_"), before === stub]).toEqual(["NotVerified", true, false]);
  });
});
