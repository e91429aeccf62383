/** Checking that an entry is in a log, and every step of it as views. The judge is tlog/verify-checkpoint.ts. */
import { hex } from "#countersign/encoding/bytes.ts";
import { hashJson } from "#countersign/json/canonical-json.ts";
import { parseProof, type Proof } from "#countersign/tlog/proof.ts";
import { type LogTrust, type VerifiedLeaf, verifyProof } from "#countersign/tlog/verify-checkpoint.ts";
import { term, hashView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { objectView } from "#pages/kit/value-view.ts";
import { styled, type ViewElement } from "#pages/kit/view.ts";
import { verifyTexts as texts } from "#texts/browser/log/verify.ts";
import { checkView, failureSentences, sentence, stateOf, witnessSentence } from "./check-view.ts";
import type { GivenLeaf } from "./given-leaf.ts";
import { checkpointOf, checkpointRows, pathRows, witnessRows } from "./log-evidence.ts";
import { codeView, group } from "./rows.ts";

const TITLES = texts.proof.titles;
type CheckCode = keyof typeof TITLES;

interface Failed {
  check: CheckCode;
  code: string;
  message: string;
}

/** What came of checking a proof. */
export interface CheckedProof {
  /** Null if the text is none. */
  proof: Proof | null;
  leaf: GivenLeaf;
  trust: LogTrust;
  outcome: { ok: true; value: VerifiedLeaf } | { ok: false; refusal: Failed };
}

type Refusal = Exclude<Awaited<ReturnType<typeof verifyProof>>, { ok: true }>["refusal"];

const FAILURES: Readonly<Record<Refusal, readonly [CheckCode, string]>> = {
  "malformed-proof": ["proof", texts.proof.malformedProof],
  "malformed-note": ["checkpoint", texts.proof.malformedNote],
  "too-many-signatures": ["checkpoint", texts.proof.tooManySignatures],
  "malformed-checkpoint": ["checkpoint", texts.proof.malformedCheckpoint],
  "unknown-log": ["checkpoint", texts.proof.unknownLog],
  "no-known-signature": ["checkpoint", texts.proof.notSigned],
  "bad-signature": ["checkpoint", texts.proof.badSignature],
  "bad-cosignature": ["witnesses", texts.proof.badCosignature],
  "witnesses-missing": ["witnesses", texts.proof.witnessesMissing],
  "not-included": ["path", texts.proof.notIncluded],
};

function failed(refusal: Refusal): Failed {
  const [check, message] = FAILURES[refusal];
  return { check, code: refusal.replaceAll("-", "_"), message };
}

/** Checks that the leaf is in the log of the proof, as far as the trust goes. */
export async function checkProof(text: string, leaf: GivenLeaf, trust: LogTrust): Promise<CheckedProof> {
  const proof = parseProof(text);
  const checked = { proof: proof.ok ? proof.value : null, leaf, trust };
  if (proof.ok && leaf.index !== null && leaf.index !== proof.value.index) {
    const message = texts.proof.anotherIndex(leaf.index, proof.value.index);
    return { ...checked, outcome: { ok: false, refusal: { check: "leaf", code: "another_index", message } } };
  }
  const verified = await verifyProof(text, leaf.hash, trust);
  if (!verified.ok) return { ...checked, outcome: { ok: false, refusal: failed(verified.refusal) } };
  const { origin } = verified.value.checkpoint;
  if (leaf.sealed !== null && leaf.sealed.record.log !== origin) {
    const message = texts.proof.anotherLog(leaf.sealed.record.log, origin);
    return { ...checked, outcome: { ok: false, refusal: { check: "path", code: "another_log", message } } };
  }
  return { ...checked, outcome: verified };
}

const proofRows = ({ index, path }: Proof): ViewElement[] => [
  term(texts.proof.format, codeView("c2sp.org/tlog-proof@v1")),
  term(texts.proof.index, String(index)),
  term(texts.proof.hashes, String(path.length)),
];

function leafRows({ sealed, payload, entry, hash }: GivenLeaf): ViewElement[] {
  const ofRecord =
    sealed === null
      ? []
      : [
          group(texts.proof.record, styled("div", "payload", objectView(sealed.record))),
          term(texts.proof.itsSha, hashView(hex(hashJson(sealed.record)))),
          term(texts.proof.salt, codeView(sealed.salt)),
        ];
  return [
    ...(payload === null ? [] : [group(texts.proof.payload, styled("div", "payload", objectView(payload)))]),
    ...ofRecord,
    ...(entry === null ? [] : [term(texts.proof.entry, hashView(hex(entry)))]),
    term(texts.proof.leafHash, hashView(hex(hash))),
  ];
}

function rowsOf(check: CheckCode, { proof, leaf, trust }: CheckedProof): ViewElement[] {
  if (check === "leaf") return leafRows(leaf);
  if (proof === null) return [];
  const checkpoint = checkpointOf(proof.checkpoint);
  switch (check) {
    case "proof":
      return proofRows(proof);
    case "checkpoint":
      return checkpointRows(proof.checkpoint, trust);
    case "witnesses":
      return witnessRows(proof.checkpoint, trust);
    case "path":
      return checkpoint === null
        ? []
        : [...pathRows(leaf.hash, proof, checkpoint), term(texts.proof.rootThatIsSigned, hashView(hex(checkpoint.root)))];
  }
}

/** Every check, in its order. */
export function proofCheckViews(checked: CheckedProof): ViewElement[] {
  const { outcome, trust } = checked;
  const made = (Object.keys(TITLES) as CheckCode[]).filter((check) => check !== "witnesses" || trust.policy !== null);
  const end = outcome.ok ? made.length : made.indexOf(outcome.refusal.check);
  return made.map((check, place) => {
    const failure = !outcome.ok && outcome.refusal.check === check ? outcome.refusal : null;
    const state = stateOf(place < end, failure);
    return checkView({ code: check, title: TITLES[check], state, failure, rows: state === "unreached" ? [] : rowsOf(check, checked) });
  });
}

export const proofStatus = ({ outcome }: CheckedProof): string => (outcome.ok ? texts.proof.inTheLog : texts.proof.notProven);

const WHOSE_KEY = texts.proof.whoseKey;

/** What is proven, what it rests on (the log key, by where it comes from), and what it does not say. */
export function proofConclusion({ outcome, leaf, trust }: CheckedProof, keyFrom: keyof typeof WHOSE_KEY): ViewElement[] {
  if (!outcome.ok) return failureSentences(outcome.refusal.message);
  const { index, checkpoint } = outcome.value;
  const what = leaf.sealed === null ? texts.proof.anEntryWithThis : texts.proof.exactlyThisRecordIs;
  return [
    sentence(...texts.proof.inTheLogAt(what, textView(checkpoint.origin, "id"), index, checkpoint.size)),
    ...(trust.policy === null
      ? []
      : [witnessSentence(checkpoint.cosignatures.map(({ key, timeSeconds }) => ({ name: key.name, timeSeconds })))]),
    sentence(texts.proof.restsOn(WHOSE_KEY[keyFrom])),
    styled("p", "quiet", texts.proof.limits),
  ];
}
