/** Checking that an entry is in a log, and every step of it as views. The judge is tlog/verify-checkpoint.ts. */
import { hex } from "#countersign/encoding/bytes.ts";
import { hashJson } from "#countersign/json/canonical-json.ts";
import { parseProof, type Proof } from "#countersign/tlog/proof.ts";
import { type LogTrust, type VerifiedLeaf, verifyProof } from "#countersign/tlog/verify-checkpoint.ts";
import { term, hashView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { objectView } from "#pages/kit/value-view.ts";
import { styled, type ViewElement } from "#pages/kit/view.ts";
import { checkView, failureSentences, sentence, stateOf, witnessSentence } from "./check-view.ts";
import type { GivenLeaf } from "./given-leaf.ts";
import { checkpointOf, checkpointRows, pathRows, witnessRows } from "./log-evidence.ts";
import { codeView, group } from "./rows.ts";

const TITLES = {
  proof: "It is a proof",
  leaf: "The entry has this hash",
  checkpoint: "The log has signed the checkpoint",
  witnesses: "Enough witnesses have seen the log in this state",
  path: "The hash leads to the signed root",
} as const;
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
  "malformed-proof": [
    "proof",
    "This is not a proof in the format c2sp.org/tlog-proof@v1: index, hashes, an empty line, and the checkpoint.",
  ],
  "malformed-note": ["checkpoint", "The checkpoint is not a signed note."],
  "too-many-signatures": ["checkpoint", "The checkpoint has more signatures than this page checks."],
  "malformed-checkpoint": ["checkpoint", "The signed note is not a checkpoint."],
  "unknown-log": ["checkpoint", "The checkpoint belongs to another log than the key that you trust."],
  "no-known-signature": ["checkpoint", "The key that you trust has not signed the checkpoint."],
  "bad-signature": ["checkpoint", "The signature of the key that you trust does not hold."],
  "bad-cosignature": ["witnesses", "The signature of one of the policy’s witnesses does not hold."],
  "witnesses-missing": ["witnesses", "Too few of the policy’s witnesses have signed."],
  "not-included": ["path", "The path does not lead from this hash to the root that the log has signed."],
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
    const message = `The entry says that it stands at ${leaf.index}; the proof is of ${proof.value.index}.`;
    return { ...checked, outcome: { ok: false, refusal: { check: "leaf", code: "another_index", message } } };
  }
  const verified = await verifyProof(text, leaf.hash, trust);
  if (!verified.ok) return { ...checked, outcome: { ok: false, refusal: failed(verified.refusal) } };
  const { origin } = verified.value.checkpoint;
  if (leaf.sealed !== null && leaf.sealed.record.log !== origin) {
    const message = `The record is of the log ${leaf.sealed.record.log}, the checkpoint is of ${origin}.`;
    return { ...checked, outcome: { ok: false, refusal: { check: "path", code: "another_log", message } } };
  }
  return { ...checked, outcome: verified };
}

const proofRows = ({ index, path }: Proof): ViewElement[] => [
  term("Format", codeView("c2sp.org/tlog-proof@v1")),
  term("Index", String(index)),
  term("Hashes", String(path.length)),
];

function leafRows({ sealed, payload, entry, hash }: GivenLeaf): ViewElement[] {
  const ofRecord =
    sealed === null
      ? []
      : [
          group("Record", styled("div", "payload", objectView(sealed.record))),
          term("Its SHA-256", hashView(hex(hashJson(sealed.record)))),
          term("Salt", codeView(sealed.salt)),
        ];
  return [
    ...(payload === null ? [] : [group("Payload", styled("div", "payload", objectView(payload)))]),
    ...ofRecord,
    ...(entry === null ? [] : [term("Entry", hashView(hex(entry)))]),
    term("Leaf hash", hashView(hex(hash))),
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
        : [...pathRows(leaf.hash, proof, checkpoint), term("Root that is signed", hashView(hex(checkpoint.root)))];
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

export const proofStatus = ({ outcome }: CheckedProof): string => (outcome.ok ? "In the log" : "Not proven");

const WHOSE_KEY = {
  page: "the log key that this page filled in, which is this service’s word for itself",
  field: "the log key that you gave",
  policy: "the log keys of the policy that you gave",
} as const;

/** What is proven, what it rests on (the log key, by where it comes from), and what it does not say. */
export function proofConclusion({ outcome, leaf, trust }: CheckedProof, keyFrom: keyof typeof WHOSE_KEY): ViewElement[] {
  if (!outcome.ok) return failureSentences(outcome.refusal.message);
  const { index, checkpoint } = outcome.value;
  const what = leaf.sealed === null ? "An entry with this hash is" : "Exactly this record is";
  return [
    sentence(`${what} in the log `, textView(checkpoint.origin, "id"), `, at index ${index} of ${checkpoint.size} entries.`),
    ...(trust.policy === null
      ? []
      : [witnessSentence(checkpoint.cosignatures.map(({ key, timeSeconds }) => ({ name: key.name, timeSeconds })))]),
    sentence(`This rests on ${WHOSE_KEY[keyFrom]}.`),
    styled(
      "p",
      "quiet",
      "A proof shows that the log holds an entry, and that it cannot be taken out or changed unseen. Whether what the entry says is true is for a receipt to show.",
    ),
  ];
}
