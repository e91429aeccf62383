/** What is kept of a request whose object is emptied: a stored format, pinned here, which nothing but the service itself can write. */
import { describe, expect, it, test } from "vitest";
import { canonicalize } from "#countersign/json/canonical-json.ts";
import { archivedTexts, dayOfWords, readKept, withWords, wordsName } from "#gate/approvals/archive/archived-request.ts";
import { type ApprovalState, openedApproval, transition } from "#rules/approval.ts";
import { archivedFrom } from "#rules/archive-time.ts";
import decision from "#test/vectors/decision.json" with { type: "json" };
import type { RequestDocument } from "#countersign/documents/request.ts";

const SECRET = new Uint8Array(32).fill(2);
const SALT = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";
const LOG = "gate.example.com/log";
const REQUEST = decision.request as unknown as RequestDocument;

/** Cancelled by its agent a minute after it was asked for, as leaf 7. */
function cancelled(): ApprovalState & { ending: object } {
  const open = openedApproval({ request: REQUEST, payload: canonicalize({ a: 1 }), fingerprint: "f".repeat(64), log: LOG });
  const nowMs = Date.parse(REQUEST.requested_at) + 60_000;
  const circumstances = { nowMs, salt: SALT, log: LOG, stands: () => true, countsAs: (id: string) => id, silenceCounts: false };
  const next = transition(open, { type: "cancel", by: "requester", reason: "Not needed" }, circumstances);
  if (!next.ok || next.value.ending === null) throw new Error("not cancelled");
  return { ...next.value, listed: "of no use any more", ending: { ...next.value.ending, logged: 7 } };
}

/** The codes were computed by another implementation of HMAC. */
const WORDS = String.raw`{"cancel_reason":"Not needed","comments":[],"outcome_detail":null,"payload":"{\"a\":1}","unknown_detail":null}`;
const { kept, words } = archivedTexts(cancelled(), SECRET);

test("the words are these bytes", () => {
  expect(words).toEqual({
    name: `words/${REQUEST.requested_at.slice(0, 10)}/${REQUEST.id}`,
    text: `countersign/archived-words@v1\nBDb_GSycRXfQFXNEOALYyF557lL8OF14_l770VAjbMs\n${WORDS}\n`,
  });
});

test("what is kept for ever is these bytes", () => {
  const [type, code, json, ...rest] = kept.text.split("\n");
  expect([kept.name, type, code, rest]).toEqual([
    `requests/${REQUEST.id}`,
    "countersign/archived-request@v1",
    "yrfd1Q3BoG9QvAe_lgiT7P_QyOGDVx-xuHu8jFl7Cwo",
    [""],
  ]);
  const request = canonicalize(decision.request);
  expect(json).toBe(
    `{"decisions":[],"ending":{"cancelReason":null,"logged":7,"sealed":{"record":{"at":"2026-11-20T09:01:00.000Z","decisions":[],"ended_by":"requester","kind":"approval.cancelled","log":"${LOG}","request":${request},"type":"countersign/record@v1"},"salt":"${SALT}"},"status":"cancelled"},"fingerprint":"${"f".repeat(64)}","log":"${LOG}","outcome":null,"redemption":null,"request":${request},"unknown":null}`,
  );
});

test("both together are what the object held, and the same again gives the same bytes", () => {
  const { listed: _, requestHash: _hash, ...state } = cancelled();
  const bare = readKept(kept, SECRET);
  expect(bare).toEqual({ ...state, payload: null, ending: { ...state.ending, cancelReason: null } });
  expect(withWords(bare, words, SECRET)).toEqual(state);
  expect(archivedTexts({ ...withWords(bare, words, SECRET), listed: "other", listedTo: "other" }, SECRET)).toEqual({ kept, words });
});

describe("is not read", () => {
  it.each<[string, typeof kept]>([
    ["under another name", { ...kept, name: `${kept.name}x` }],
    ["of another type", { ...kept, text: kept.text.replace("request@v1", "request@v2") }],
    ["with the type of words", { ...kept, text: words.text }],
    ["with something changed", { ...kept, text: kept.text.replace("requester", "passkeys") }],
    ["with another code", { ...kept, text: kept.text.replace(/\n.{4}/, "\nAAAA") }],
    ["with no code", { ...kept, text: kept.text.replace(/\n.{43}/, "\n") }],
    ["cut off", { ...kept, text: kept.text.slice(0, -1) }],
    ["with a line more", { ...kept, text: `${kept.text}\n` }],
    ["empty", { ...kept, text: "" }],
  ])("%s", (_, text) => {
    expect(text).not.toEqual(kept);
    expect(() => readKept(text, SECRET)).toThrow("is not as it was archived");
  });

  it("under another secret", () => {
    expect(() => readKept(kept, new Uint8Array(32).fill(3))).toThrow("is not as it was archived");
    expect(() => withWords(readKept(kept, SECRET), words, new Uint8Array(32).fill(3))).toThrow("is not as it was archived");
  });
});

describe("a request goes to the archive", () => {
  const DAY_MS = 86_400_000;
  const useBy = Date.parse(REQUEST.use_by);

  it("so long after it could last be redeemed, or after its last fact if that is later", () => {
    expect(archivedFrom(cancelled(), 30 * DAY_MS)).toBe(useBy + 30 * DAY_MS);
    const late = { ...cancelled() };
    late.ending = {
      ...late.ending,
      sealed: { ...late.ending.sealed, record: { ...late.ending.sealed.record, at: "2027-01-01T00:00:00.000Z" } },
    };
    expect(archivedFrom(late, 30 * DAY_MS)).toBe(Date.parse("2027-01-31T00:00:00.000Z"));
  });

  it("never while it goes on, before all of it is in the log, or without an archive", () => {
    const state = cancelled();
    expect(archivedFrom({ ...state, ending: null }, DAY_MS)).toBeNull();
    expect(archivedFrom({ ...state, ending: { ...state.ending, logged: null } }, DAY_MS)).toBeNull();
    expect(archivedFrom(state, null)).toBeNull();
  });
});

test("words are named by the day on which the request ended, so that the oldest come first", () => {
  expect(wordsName("apr_x", "2026-11-29T23:59:59.999Z")).toBe("words/2026-11-29/apr_x");
  expect(dayOfWords("words/2026-11-29/apr_x")).toBe("2026-11-29");
});
