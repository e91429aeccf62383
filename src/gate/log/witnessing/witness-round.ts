/**
 * One round of asking the witnesses for cosignatures of the newest checkpoint (C2SP tlog-witness, add-checkpoint, the log's side).
 * What is kept of it is witness-state.ts, when there is a round is witness-schedule.ts, HTTP is witnesses/post-checkpoint.ts.
 * A witness may be down, slow or lying: nothing that it says changes the log, and nobody waits for it but this round.
 */
import { b64, type Bytes } from "#countersign/encoding/bytes.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { parseDecimal } from "#countersign/tlog/checkpoint.ts";
import { verifyCosignatures } from "#countersign/tlog/cosignature.ts";
import { claimedSignatures, parseNote, signatureLine } from "#countersign/tlog/note.ts";
import type { PolicyWitness, WitnessPolicy } from "#countersign/tlog/witness-policy.ts";
import { proveExtension } from "../reading/log-proofs.ts";
import { headOf, type LogReader } from "../reading/prove-leaves.ts";
import type { TransparencyLog } from "../transparency-log.ts";
import {
  type Dispute,
  type HeldCosignature,
  type KeptWitnessState,
  type SignedHead,
  standingOf,
  withCosignature,
  withFailure,
  type WitnessState,
} from "./witness-state.ts";

/** Below the six connections that the platform lets wait for an answer, so that reading D1 does not queue behind witnesses. */
const MAX_AT_ONCE = 5;
/** The first with the size that was kept, one with the size that the witness tells, one if it has moved on meanwhile. */
const MAX_TRIES = 3;
/** A cosignature of the same head is asked for again when it is older than this. */
const REFRESH_AFTER_MS = 600_000;
/** How far a witness's clock may be ahead. */
const MAX_CLOCK_SKEW_MS = 300_000;

/** An HTTP answer, whatever it says. */
export interface WitnessReply {
  status: number;
  /** As sent, in lower case; empty if there is none. */
  contentType: string;
  body: string;
}

/** Why there is no answer. */
export type NoReply = "unreachable" | "timed-out" | "answer-too-large" | "answer-not-text";

/** What an operator is told of a witness. `size` is what it says it has seen, or what it was asked to cosign. */
export type WitnessReport =
  | { event: "witness-failed"; witness: string; reason: string; status?: number }
  | { event: "witness-ahead"; witness: string; size: number }
  | { event: "witness-refused"; witness: string; size: number };

export interface WitnessRoundPorts {
  /** Each witness has the URL of its submission prefix. */
  policy: WitnessPolicy;
  intervalMs: number;
  /** The log as it signs, without cosignatures. */
  log: Pick<TransparencyLog, "checkpoint">;
  reader: Pick<LogReader, "readTiles">;
  kept: KeptWitnessState;
  /** Sends the body of an add-checkpoint request. Never throws, and ends in bounded time. */
  post: (url: string, body: string) => Promise<Result<WitnessReply, NoReply>>;
  report: (report: WitnessReport) => void;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** How asking a witness ended. */
type Outcome =
  | { is: "cosigned"; head: SignedHead; cosignature: HeldCosignature }
  | { is: "failed"; reason: string; status?: number; knownSize: number }
  | { is: Dispute; size: number; knownSize: number };

type ProofFrom = (oldSize: number, head: SignedHead) => Promise<Bytes[]>;

/** A witness whose cosignature of this head is missing, or not fresh, and which is not left alone. */
function isDue(state: WitnessState, witness: PolicyWitness, head: SignedHead, nowMs: number): boolean {
  if (standingOf(state, witness).retryAtMs > nowMs) return false;
  const held = state.newest?.size === head.size ? state.newest.cosignatures[witness.vkey] : undefined;
  return held === undefined || nowMs - held.timeSeconds * 1000 >= REFRESH_AFTER_MS;
}

/**
 * Asks every witness that is due, and keeps each answer as it comes. Resolves to the time in milliseconds at which one that failed
 * is to be asked again; null if none has to be. Throws if the log or D1 does not answer, once everybody else has been asked.
 */
export async function runWitnessRound(ports: WitnessRoundPorts): Promise<number | null> {
  const { policy, log, kept, now } = ports;
  const head = signedHead(await log.checkpoint());
  const state = kept.read();
  const due = policy.witnesses.filter((witness) => isDue(state, witness, head, now()));
  // Those that answer come first: several that hang must not use up the places of the others.
  const queue = due.toSorted((one, other) => standingOf(state, one).failures - standingOf(state, other).failures);

  const proofFrom = proofsOnce(ports);
  const askOneByOne = async (): Promise<void> => {
    for (let witness = queue.shift(); witness !== undefined; witness = queue.shift()) {
      keep(ports, witness, await ask(ports, witness, head, proofFrom));
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: MAX_AT_ONCE }, askOneByOne));
  for (const one of ended) if (one.status === "rejected") throw one.reason;

  const after = kept.read();
  const failing = policy.witnesses.map((witness) => standingOf(after, witness)).filter(({ failures }) => failures > 0);
  return failing.length === 0 ? null : Math.min(...failing.map(({ retryAtMs }) => retryAtMs));
}

const signedHead = (note: string): SignedHead => ({ size: headOf(note).size, note });

/** Most witnesses are at the same size, so a proof is made once for all of them. */
function proofsOnce({ reader }: WitnessRoundPorts): ProofFrom {
  const made = new Map<string, Promise<Bytes[]>>();
  return (oldSize, head) => {
    const key = `${oldSize}-${head.size}`;
    const proof = made.get(key) ?? proveExtension(oldSize, head.size, headOf(head.note), reader);
    made.set(key, proof);
    return proof;
  };
}

async function ask(ports: WitnessRoundPorts, witness: PolicyWitness, newest: SignedHead, proofFrom: ProofFrom): Promise<Outcome> {
  let head = newest;
  let oldSize = Math.min(standingOf(ports.kept.read(), witness).size, head.size);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const proof = oldSize === 0 ? [] : await proofFrom(oldSize, head);
    const body = `old ${oldSize}\n${proof.map((hash) => `${b64(hash)}\n`).join("")}\n${head.note}`;
    const reply = await ports.post(addCheckpointUrl(witness), body);
    if (!reply.ok) return { is: "failed", reason: reply.refusal, knownSize: oldSize };
    const { status } = reply.value;
    if (status === 200) {
      const cosignature = await readCosignature(reply.value, witness, head, ports.now());
      if (!cosignature.ok) return { is: "failed", reason: cosignature.refusal, knownSize: oldSize };
      return { is: "cosigned", head, cosignature: cosignature.value };
    }
    if (status === 422) return { is: "refused", size: head.size, knownSize: oldSize };
    const told = status === 409 ? toldSize(reply.value) : null;
    if (told === null) return { is: "failed", reason: "unexpected-answer", status, knownSize: oldSize };
    if (told > head.size) {
      // Another writer of this log may have signed what this one has not seen yet.
      head = signedHead(await ports.log.checkpoint(told));
      if (told > head.size) return { is: "ahead", size: told, knownSize: oldSize };
    }
    oldSize = told;
  }
  return { is: "failed", reason: "keeps-changing-its-size", knownSize: oldSize };
}

const addCheckpointUrl = ({ name, url }: PolicyWitness): string => {
  if (url === null) throw new Error(`the witness ${name} has no address`);
  return `${url.replace(/\/+$/, "")}/add-checkpoint`;
};

/** The size that a 409 tells (tlog-witness); null for a 409 of something else, such as a proxy. */
function toldSize({ contentType, body }: WitnessReply): number | null {
  return contentType === "text/x.tlog.size" && body.endsWith("\n") ? parseDecimal(body.slice(0, -1)) : null;
}

/** The witness's own line of the answer, verified as a cosignature of exactly this head; lines of other keys are ignored. */
async function readCosignature(
  { body }: WitnessReply,
  { key }: PolicyWitness,
  head: SignedHead,
  nowMs: number,
): Promise<Result<HeldCosignature, string>> {
  const text = textOf(head.note);
  const note = parseNote(`${text}\n${body}`);
  // A blank line in the answer would make a longer text of it: a line for that, under our head, spoils it for all who read.
  if (!note.ok || note.value.text !== text) return refuse("malformed-answer");
  const verified = await verifyCosignatures(note.value, [key]);
  if (!verified.ok) return refuse("bad-cosignature");
  const [cosignature] = verified.value;
  const [claimed] = claimedSignatures(note.value, [key]);
  if (cosignature === undefined || claimed === undefined) return refuse("no-cosignature");
  if (cosignature.timeSeconds * 1000 > nowMs + MAX_CLOCK_SKEW_MS) return refuse("time-in-the-future");
  return accept({ line: signatureLine(key, claimed.signature), timeSeconds: cosignature.timeSeconds });
}

/** What the note says, with its final newline. */
const textOf = (note: string): string => note.slice(0, note.lastIndexOf("\n\n") + 1);

function keep({ policy, kept, report, now, intervalMs }: WitnessRoundPorts, witness: PolicyWitness, outcome: Outcome): void {
  if (outcome.is === "cosigned") return kept.write(withCosignature(kept.read(), policy, { witness, ...outcome }));
  const dispute = outcome.is === "failed" ? null : outcome.is;
  const failure = { witness, size: outcome.knownSize, dispute };
  kept.write(withFailure(kept.read(), policy, failure, { nowMs: now(), intervalMs }));
  const { name } = witness;
  if (outcome.is !== "failed") return report({ event: `witness-${outcome.is}`, witness: name, size: outcome.size });
  const { reason, status } = outcome;
  report({ event: "witness-failed", witness: name, reason, ...(status === undefined ? {} : { status }) });
}
