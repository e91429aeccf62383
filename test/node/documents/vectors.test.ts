/**
 * Golden vectors of every format that is hashed or signed (docs/formats.md). They were made once, checked by an independent
 * implementation, and never change: a format that has to change gets a new version label and vectors of its own.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkAssertion } from "#countersign/webauthn/assertion.ts";
import { b64u, fromHex, hex } from "#countersign/encoding/bytes.ts";
import { canonicalize, hashJson, type JsonObject, parseJson } from "#countersign/json/canonical-json.ts";
import { callEntry, type CallRecord, callShape } from "#countersign/documents/call.ts";
import { ceremonyChallenge } from "#countersign/documents/ceremony.ts";
import { keyFingerprint } from "#countersign/receipt-rules.ts";
import { leafEntry, recordOfKind, type RecordKind, recordShapes } from "#countersign/documents/record.ts";
import { grantShape } from "#countersign/documents/grant.ts";
import { checkGrantShown } from "#countersign/grants/check-grant-shown.ts";
import { grantKey } from "#countersign/grants/grant-key.ts";
import type { GrantedAction } from "#countersign/grants/granted-action.ts";
import { matchGrant } from "#countersign/grants/match-grant.ts";
import { fit } from "#countersign/json/shape.ts";
import { payloadHash, requestHash, requestShape } from "#countersign/documents/request.ts";
import {
  batchChallenge,
  buildStatement,
  decisionChallenge,
  saltedTextHash,
  statementHash,
  statementShape,
} from "#countersign/documents/statement.ts";
import { toolPin } from "#countersign/documents/tool-pin.ts";
import { leafHash } from "#countersign/tlog/merkle.ts";
import { appendLeaves, treeFromEdge } from "#countersign/tlog/tile.ts";
import { makeEvidence, verifyEvidence } from "#countersign/tlog/evidence.ts";
import { parseVkey } from "#countersign/tlog/note.ts";
import { parsePolicy } from "#countersign/tlog/witness-policy.ts";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import assertions from "#test/vectors/assertions.json" with { type: "json" };
import calls from "#test/vectors/calls.json" with { type: "json" };
import canonicalJson from "#test/vectors/canonical-json.json" with { type: "json" };
import ceremonies from "#test/vectors/ceremonies.json" with { type: "json" };
import decision from "#test/vectors/decision.json" with { type: "json" };
import decisionV2 from "#test/vectors/decision-v2.json" with { type: "json" };
import evidenceOfLog from "#test/vectors/evidence.json" with { type: "json" };
import grants from "#test/vectors/grants.json" with { type: "json" };
import records from "#test/vectors/records.json" with { type: "json" };
import tlog from "#test/vectors/tlog.json" with { type: "json" };
import trust from "#test/vectors/trust.json" with { type: "json" };
import trustV2 from "#test/vectors/trust-v2.json" with { type: "json" };
import trustOfGrants from "#test/vectors/trust-v2-granted.json" with { type: "json" };
import witnesses from "#test/vectors/witnesses.json" with { type: "json" };

const fileOf = (name: string) => readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url));

describe("the vectors", () => {
  it.each([
    ["assertions", "a39a0e9d985f3f4ace65fbf692afa5e538ffdfc737fc1347cfd8dffd12e1f37b"],
    ["canonical-json", "6f3038b6fa7ae886ba0486b54df24fa2e05973ca7d2054bd1c240924de9cc2dd"],
    ["ceremonies", "c78cf9cc32ee562ff116903e01c32d32f8387d6cda4c10cb82d5fc31b6862912"],
    ["decision", "97ee339db7c9b6564a1d6967a41e01fed962db672b3cd3b79ee38cdb136df79e"],
    ["key-words", "82de708b14e726b69c1ea447592601666aa718016d78dee22b01c0cfa1e44f34"],
    ["records", "aff461bf31df74ee66335c94a060e7f7a3ac5583d4a6b0a14ce688a33960a272"],
    ["sep-2672", "7cf9c1852229b61ebd545345d14b2c843044ca472a11d43e9985507b73fb2e1e"],
    ["verified-approval", "051cc59fc6d5da9fac7a9f48caa4af623647679ea603d6876d840893dc04da19"],
    ["calls", "c62688134988de42f93865768cbeebedb5e0e2a5ce1cd396b7abd1f6cc785286"],
    ["call-proof", "5a637913cc29505c88334509a0fd0ea7bec1a8ca00ecce652901b3401c61efb1"],
    ["chains", "474296b4810566ae515605197fca65fa083fcb6273bd9c48bd06ddc612dcd338"],
    ["trust", "f6abd9d87ba8a50598704b6a5c0190782c1a63fd51e93ece72c34cb980941c51"],
    ["receipt-approved", "0d08f4f9b5f4f44fa8a5278260f82e8c06c7f583fab67ce5f4a416dc497c177b"],
    ["receipt-denied", "598975c0fff5f896818fd10cbb6f9f4349f09d09373119624a43361dd040ccab"],
    ["receipt-expired", "486092d359ec08b0d961ee98220497381cf448b4f220afaffd66624a709eeee5"],
    ["receipt-cancelled", "fc7b8f23ce7959d370983c6672b1f0bf1e8290fd903140af7a43fb530cca6cf0"],
    ["receipt-witnessed", "c126bc8b622a423ca1e64ca190856f3d31d91be94097e18a3219305c979578e8"],
    ["receipt-without-payload", "84b94d7c02085e19daa2d48648b993f762d98ff8768b6078d5c7e044a05c75bd"],
    ["decision-v2", "088c2239128a8f7326b1f2364cebaaaf53d8971061f88b9af609e3c0a57dc4b9"],
    ["trust-v2", "05e0cdfc42dd5ac75a9ea89005c552e446f9348c2e46e7fa31bfe8d4c0337f39"],
    ["receipt-v2-approved", "b35dfd157d53da63f2b49f0e64d803effc802192ceebc698419fd2d9ced5281e"],
    ["receipt-v2-batch", "7c65c30a80fb8535dbbfdba4138384f3923fa261c953761ab51185aa302dbb32"],
    ["receipt-v2-denied", "5cf08a39981ee67f652340a91183673c017e4a4b9b581f880e865add017bd889"],
    ["receipt-v2-expired", "744aea618546597c62769d31e9f0a377c198d65363706ab0a2cf7307d374b9b4"],
    ["receipt-v2-passed", "8ec3057a4e086fb847ad30a3507e7cedc31dcb32abedc8b0d84a0bc14b321707"],
    ["receipt-v2-without-payload", "0721b70e2e3e203ff30451c247d6208aa34cda8380e298116acb7dc03f7b6488"],
    ["grants", "5282adf0f4be820de658c980430be60559f97c1264adb64d800a54c0a64e94ce"],
    ["trust-v2-granted", "d5029ccc07ed4537ee49ed8fcd2da5397068d4b189f22b3a07a61289344447ec"],
    ["receipt-v2-granted", "7e91d089e7477596e523361ed938cc31254fc93660f8403021eec66b52a98556"],
    ["receipt-v2-granted-without-payload", "de9ce3db4b578c8ffa45f31f1d6fe2e63fc010b2e5e237a856da1c2f7faa7976"],
    ["tlog", "edab59b36b34634b964c897701625d7e4bdf6a999bfbda9cc7fd26c1c4d80fc7"],
    ["witnesses", "629f845f1401e98c2aa4cff156cd86ccd2d491c1f6c6d48c63a8dbf776f4823f"],
    ["evidence", "3d2757d92a717548f1ca06061a1a4ca5a12a95d759bb795dacaab77bdcd5665b"],
  ])("of %s are frozen", (name, sha256) => {
    expect(createHash("sha256").update(fileOf(name)).digest("hex")).toBe(sha256);
  });
});

describe("canonical JSON", () => {
  it.each(canonicalJson.accepted)("of $text", ({ text, canonical, sha256 }) => {
    const parsed = parseJson(text);
    if (!parsed.ok) throw new Error(parsed.refusal.message);
    expect(canonicalize(parsed.value)).toBe(canonical);
    expect(hex(hashJson(parsed.value))).toBe(sha256);
  });

  it.each(canonicalJson.refused)("refuses $text", ({ text, reason, place }) => {
    expect(parseJson(text)).toMatchObject({ ok: false, refusal: { reason, ...(place !== null && { place }) } });
  });
});

describe("a decision", () => {
  const fitting = fit(requestShape, decision.request);
  if (!fitting.ok) throw new Error(fitting.refusal);
  const request = fitting.value;

  it("is about this payload and this request", () => {
    expect(canonicalize(decision.payload)).toBe(decision.payload_canonical);
    expect(payloadHash(decision.payload)).toBe(decision.payload_hash);
    expect(canonicalize(request)).toBe(decision.request_canonical);
    expect(requestHash(request)).toBe("17b7e3f1b707ab88966e36e8ce6adc09fb5a54f23dbc2b3fc8b32ed16a76a88f");
    expect(decision.request_hash).toBe("17b7e3f1b707ab88966e36e8ce6adc09fb5a54f23dbc2b3fc8b32ed16a76a88f");
  });

  it("commits to a comment, and an outcome to its detail", () => {
    expect(saltedTextHash("countersign/comment/v1", decision.comment.salt, decision.comment.text)).toBe(decision.comment.hash);
    expect(saltedTextHash("countersign/detail/v1", decision.detail.salt, decision.detail.text)).toBe(decision.detail.hash);
    expect(decision.comment.hash).toBe("da330216e63397b1dd08ac25acad7f699b0ba8eb778c055c2349bb7a4f139742");
  });

  it.each(decision.statements)("has the challenge $challenge", ({ statement: given, canonical, challenge, challenge_b64u }) => {
    const statement = fit(statementShape, given);
    if (!statement.ok) throw new Error(statement.refusal);
    expect(canonicalize(statement.value)).toBe(canonical);
    expect(hex(decisionChallenge(statement.value))).toBe(challenge);
    expect(b64u(decisionChallenge(statement.value))).toBe(challenge_b64u);
    const { verdict, approver, nonce, comment_hash } = statement.value;
    const comment = comment_hash === null ? "" : decision.comment.text;
    expect(buildStatement(request, { verdict, approver, nonce, comment, commentSalt: decision.comment.salt })).toEqual(statement.value);
  });
});

describe("a decision under version 2", () => {
  const { request, statements, batch, comment } = decisionV2;

  it("is about this request", () => {
    const read = fit(requestShape, request);
    if (!read.ok) throw new Error(read.refusal);
    expect(canonicalize(read.value)).toBe(decisionV2.request_canonical);
    expect(requestHash(read.value)).toBe(decisionV2.request_hash);
    expect(payloadHash(decisionV2.payload)).toBe(request.payload_hash);
  });

  it.each(statements)("has the challenge $challenge", ({ statement: given, canonical, hash, challenge, challenge_b64u }) => {
    const [statement, read] = [fit(statementShape, given), fit(requestShape, request)];
    if (!statement.ok || !read.ok) throw new Error("not of the format");
    expect(canonicalize(statement.value)).toBe(canonical);
    expect(statementHash(statement.value)).toBe(hash);
    expect(hex(decisionChallenge(statement.value))).toBe(challenge);
    expect(b64u(decisionChallenge(statement.value))).toBe(challenge_b64u);
    const { verdict, approver, nonce, comment_hash } = statement.value;
    const said = comment_hash === null ? "" : comment.text;
    expect(buildStatement(read.value, { verdict, approver, nonce, comment: said, commentSalt: comment.salt })).toEqual(statement.value);
  });

  it("is signed with another one under a challenge of 32 bytes", () => {
    const { origin, approver, nonce, statements: named } = batch.document;
    expect(canonicalize(batch.document)).toBe(batch.canonical);
    expect(hex(batchChallenge(origin, approver, { nonce, statements: named }))).toBe(batch.challenge);
    expect(b64u(batchChallenge(origin, approver, { nonce, statements: named }))).toBe(batch.challenge_b64u);
    expect(named).toContain(statements[1]?.hash);
  });
});

describe("a grant", () => {
  const read = (given: object) => {
    const grant = fit(grantShape, given as JsonObject);
    if (!grant.ok) throw new Error(grant.refusal);
    return grant.value;
  };
  const actionIn = ({ schema_hash: schemaHash, arguments: args, at, ...terms }: typeof grants.shown): GrantedAction => ({
    ...terms,
    schemaHash,
    args,
    atMs: Date.parse(at),
  });
  const grant = read(grants.grant);

  it("is read and kept like that", () => {
    expect(canonicalize(grant)).toBe(grants.canonical);
    expect(grantKey(grant)).toEqual(grants.key);
  });

  it.each(grants.actions.map((one, index) => ({ ...one, index })))("covers what it covers: $index", ({ action, mismatches }) => {
    const matched = matchGrant(grant, actionIn(action as typeof grants.shown));
    expect(matched.ok ? [] : matched.refusal.map(({ reason, pointer }) => ({ reason, pointer }))).toEqual(mismatches);
  });

  it.each(grants.given.map((one, index) => ({ ...one, index })))("is given for what was shown: $index", ({ grant: given, fault }) => {
    const checked = checkGrantShown(read(given), actionIn(grants.shown));
    expect(checked.ok ? null : checked.refusal.place).toBe(fault);
  });
});

describe("other ceremonies", () => {
  it.each([
    ["countersign/sign-in@v1", "cd9d6e480d710ddc43b046f755487aff3fc99c5f5684a4b28f1373f014307eda"],
    ["countersign/enrol@v1", "a0d654a14e155ce75cbe1f4e25a62ef7b679eeb1fce1fc96302165a3cbb3d8de"],
    ["countersign/own@v1", "7431ae50e5f56f2f5cf0e5020d4acf36dbf9952d785380430cda6e27cfa949c2"],
    ["countersign/admin@v1", "147d5ba4bdc2b31f14ea68f6c121d3dc4756f65209f77eae443179982f6d255c"],
  ])("%s", (type, challenge) => {
    const vector = ceremonies.find(({ statement }) => statement.type === type);
    expect(vector?.challenge).toBe(challenge);
    expect(canonicalize(vector?.statement ?? {})).toBe(vector?.canonical);
    expect(hex(hashJson(vector?.statement ?? {}))).toBe(challenge);
  });

  it("have challenges of 32 bytes, decisions of 64", () => {
    const signIn = {
      type: "countersign/sign-in@v1",
      origin: "https://gate.example.com",
      nonce: "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc",
    } as const;
    expect(hex(ceremonyChallenge(signIn))).toBe(ceremonies[0]?.challenge);
    expect(ceremonyChallenge(signIn)).toHaveLength(32);
    expect(decision.statements[0]?.challenge).toHaveLength(128);
  });
});

describe("records", () => {
  it.each(records)("$record.kind", ({ record: given, salt, record_hash, entry, leaf_hash }) => {
    const record = fit(recordOfKind(given.kind as RecordKind), given);
    if (!record.ok) throw new Error(record.refusal);
    expect(record.value).toEqual(given);
    expect(hex(hashJson(record.value))).toBe(record_hash);
    expect(hex(leafEntry(record.value, salt))).toBe(entry);
    expect(hex(leafHash(leafEntry(record.value, salt)))).toBe(leaf_hash);
    expect(entry).toMatch(/^01[0-9a-f]{64}$/);
  });

  it("are there of every kind", () => {
    expect(new Set(records.map(({ record }) => record.kind))).toEqual(new Set(Object.keys(recordShapes)));
  });
});

describe("calls through the gate", () => {
  it.each(calls.calls)("$call.status", ({ call: given, salt, call_hash, entry, leaf_hash }) => {
    const call = fit(callShape, given);
    if (!call.ok) throw new Error(call.refusal);
    expect(call.value).toEqual(given);
    expect(hex(hashJson(call.value))).toBe(call_hash);
    expect(hex(callEntry(call.value, salt))).toBe(entry);
    expect(hex(leafHash(callEntry(call.value, salt)))).toBe(leaf_hash);
  });

  it("are under one root, numbered without a gap, and a record in the log holds it", () => {
    const hashes = calls.calls.map(({ call, salt }) => leafHash(callEntry(call as CallRecord, salt)));
    expect(hex(appendLeaves(treeFromEdge(0, []), hashes).tree.root)).toBe(calls.root);
    expect(calls.calls.map(({ call }) => call.number)).toEqual([5, 6, 7, 8, 9]);
    const logged = records.find(({ record }) => record.kind === "calls.logged");
    expect(logged?.record).toMatchObject({ agent: calls.calls[0]?.call.agent, from: calls.from, to: calls.to, root: calls.root });
  });

  it.each(calls.tools)("of the tool $tool.name, by its pin", ({ tool, pin }) => {
    expect(toolPin(tool as JsonObject)).toBe(pin);
    expect(toolPin({ ...(tool as JsonObject), icons: ["of no importance"], title: null })).toBe(pin);
    expect(toolPin({ ...(tool as JsonObject), description: "Another." })).not.toBe(pin);
  });
});

describe("assertions", () => {
  it.each(assertions)("by $algorithm", async ({ public_key, fingerprint, challenge, origin, assertion, sign_count, backup_eligible }) => {
    expect(keyFingerprint(public_key)).toBe(fingerprint);
    const bytes = fromHex(challenge) ?? new Uint8Array();
    expect(await checkAssertion({ assertion, challenge: bytes, origin, publicKey: public_key })).toEqual({
      ok: true,
      value: { signCount: sign_count, backupEligible: backup_eligible, backedUp: false },
    });
  });
});

describe("receipts", () => {
  const approvers = new Map(Object.entries(trust.approvers).map(([person, fingerprint]) => [person, new Set([fingerprint])]));

  it.each(["approved", "denied", "expired", "cancelled"])("of a request that was %s", async (status) => {
    const receipt = parseReceipt(fileOf(`receipt-${status}`).toString("utf8"));
    if (!receipt.ok) throw new Error(receipt.refusal.message);
    const verdict = await verifyReceipt(receipt.value, { vkey: trust.vkey, origin: trust.origin, approvers });
    expect(verdict).toMatchObject({ ok: true, value: { status, keys: "named by the verifier" } });
  });

  it("without its payload and comments, of which the hashes stand", async () => {
    const receipt = parseReceipt(fileOf("receipt-without-payload").toString("utf8"));
    if (!receipt.ok) throw new Error(receipt.refusal.message);
    const verdict = await verifyReceipt(receipt.value, { vkey: trust.vkey, origin: trust.origin, approvers });
    expect(verdict).toMatchObject({
      ok: true,
      value: { status: "approved", payloadIsKept: false, request: { payload_hash: decision.payload_hash }, keys: "named by the verifier" },
    });
    expect(verdict.ok && verdict.value.decisions.map(({ commentErased }) => commentErased)).toContain(true);
  });

  it.each(["approved", "batch", "denied", "expired", "passed", "without-payload"])("of version 2, %s", async (name) => {
    const receipt = parseReceipt(fileOf(`receipt-v2-${name}`).toString("utf8"));
    if (!receipt.ok) throw new Error(receipt.refusal.message);
    const named = new Map(Object.entries(trustV2.approvers).map(([person, fingerprint]) => [person, new Set([fingerprint])]));
    const strict = { vkey: trustV2.vkey, origin: trustV2.origin, approvers: named };
    const [refused, verdict] = [
      await verifyReceipt(receipt.value, strict),
      await verifyReceipt(receipt.value, { ...strict, allowBasis: ["policy"] }),
    ];
    const passed = name === "passed" || name === "without-payload";
    expect(refused.ok ? null : refused.refusal.code).toBe(passed ? "basis_not_allowed" : null);
    const status = name === "denied" || name === "expired" ? name : "approved";
    expect(verdict).toMatchObject({ ok: true, value: { status, basis: passed ? "policy" : "passkeys", policyVersion: 3 } });
  });

  it.each(["granted", "granted-without-payload"])("of version 2, %s", async (name) => {
    const receipt = parseReceipt(fileOf(`receipt-v2-${name}`).toString("utf8"));
    if (!receipt.ok) throw new Error(receipt.refusal.message);
    const named = new Map(Object.entries(trustOfGrants.approvers).map(([person, fingerprint]) => [person, new Set([fingerprint])]));
    const strict = { vkey: trustOfGrants.vkey, origin: trustOfGrants.origin, approvers: named };
    expect(await verifyReceipt(receipt.value, strict)).toMatchObject({ ok: false, refusal: { code: "basis_not_allowed" } });
    const given = { decisions: [{ person: { id: "usr_alex" } }, { person: { id: "usr_blair" } }], keys: "named by the verifier" };
    expect(await verifyReceipt(receipt.value, { ...strict, allowBasis: ["grant"] })).toMatchObject({
      ok: true,
      value: { basis: "grant", passedBy: { use: 3, grant: { id: "grt_lunch" }, argumentsAreCompared: name === "granted", given } },
    });
  });

  it("whose checkpoint two witnesses have cosigned, and no other, meets the policy that asks for two", async () => {
    const policy = parsePolicy(witnesses.receipt_policy);
    if (!policy.ok) throw new Error(policy.refusal.message);
    const judge = async (name: string) => {
      const receipt = parseReceipt(fileOf(name).toString("utf8"));
      if (!receipt.ok) throw new Error(receipt.refusal.message);
      const verdict = await verifyReceipt(receipt.value, { origin: trust.origin, policy: policy.value });
      return verdict.ok ? verdict.value.witnesses : verdict.refusal.code;
    };
    expect(await judge("receipt-approved")).toBe("witnesses_missing");
    expect(await judge("receipt-witnessed")).toEqual([
      { name: "witness.example.com/w1", timeSeconds: 1_795_174_200 },
      { name: "witness.example.net/w3", timeSeconds: 1_795_174_201 },
    ]);
  });
});

it("evidence against a log is proven, and is written like that", async () => {
  const key = parseVkey(tlog.five.vkey);
  if (!key.ok) throw new Error(key.refusal);
  const { type: _, ...evidence } = evidenceOfLog;
  expect(makeEvidence(evidence)).toBe(fileOf("evidence").toString("utf8"));
  expect(await verifyEvidence(makeEvidence(evidence), [key.value])).toMatchObject({
    ok: true,
    value: { smaller: { size: 3 }, larger: { size: 5 }, root: fromHex(evidence.root) },
  });
});

describe("the specification", () => {
  const page = readFileSync(new URL("../../../docs/formats.md", import.meta.url), "utf8");

  it("shows the statement and the challenge of the vectors", () => {
    expect(page).toContain(`\n    ${decision.statements[0]?.canonical}\n`);
    expect(page).toContain(decision.statements[0]?.challenge_b64u);
  });

  it("shows the policy of the vectors, and what a witness signs", () => {
    const lines = witnesses.policy.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    const shown = lines.map((line) => `    ${line.replace(/ https:\S+$/, "")}\n`).join("");
    expect(page).toContain(`\n\n${shown}`);
    const text = tlog.five.checkpoint.slice(0, tlog.five.checkpoint.indexOf("\n\n") + 1);
    const cosigned = `cosignature/v1\ntime ${witnesses.witnesses[0]?.time}\n${text}`;
    expect(page).toContain(cosigned.replaceAll(/^(?=.)/gm, "    "));
  });

  it("shows no hash that is not in the vectors", () => {
    const vectors = ["decision", "decision-v2", "records", "key-words"].map((name) => fileOf(name).toString("utf8")).join("");
    const shown = page.match(/\b[0-9a-f]{64,66}\b/g) ?? [];
    expect(shown.length).toBeGreaterThan(10);
    expect(shown.filter((hash) => !vectors.includes(hash))).toEqual([]);
  });

  it("names every kind of record and every vector", () => {
    for (const kind of Object.keys(recordShapes))
      expect(page).toMatch(new RegExp(`\`(${kind.split(".")[0]})?\\.(${kind.split(".")[1]}|\\*)\``));
    for (const name of [
      "canonical-json",
      "decision",
      "ceremonies",
      "records",
      "calls",
      "call-proof",
      "verified-approval",
      "sep-2672",
      "chains",
      "assertions",
      "tlog",
      "witnesses",
      "evidence",
      "trust",
      "receipt-approved",
      "receipt-without-payload",
      "decision-v2",
      "trust-v2",
      "receipt-v2-approved",
      "grants",
      "trust-v2-granted",
      "receipt-v2-granted",
    ])
      expect(page).toContain(`\`${name}.json\``);
  });
});
