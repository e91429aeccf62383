/**
 * What is kept of the witnesses, in one value: where each stands, the newest checkpoint that any has cosigned, and the newest one
 * that enough have. Asking them is witness-round.ts; giving cosigned checkpoints out is witnessed-log.ts.
 */
import { type PolicyWitness, enoughWitnesses, type WitnessPolicy } from "#countersign/tlog/witness-policy.ts";

/** A checkpoint as this log has signed it. */
export interface SignedHead {
  size: number;
  /** The signed note, without cosignatures. */
  note: string;
}

/** One that was verified before it came here. */
export interface HeldCosignature {
  /** The signature line, with its newline. */
  line: string;
  /** When the witness says it cosigned, in seconds since the epoch. */
  timeSeconds: number;
}

export interface CosignedHead extends SignedHead {
  /** By verifier key, at least one. */
  cosignatures: Record<string, HeldCosignature>;
}

/** What a witness holds against this log: to have seen a larger tree than there is, or one that ours does not extend. */
export type Dispute = "ahead" | "refused";

export interface WitnessStanding {
  /** The size that it cosigned last, as far as is known here. It says so itself where that is wrong. */
  size: number;
  /** In a row. */
  failures: number;
  /** When the first of these was; left out while there are none, and of those that began before this was kept. */
  failingSinceMs?: number | undefined;
  /** Not asked before, in milliseconds since the epoch. */
  retryAtMs: number;
  dispute: Dispute | null;
}

export interface WitnessState {
  /** By verifier key. One that is not there was never asked. */
  standings: Record<string, WitnessStanding>;
  newest: CosignedHead | null;
  /** Met the quorum of the policy at the time. */
  witnessed: CosignedHead | null;
}

/** Kept where D1's fate does not reach. Synchronous, so that nothing comes in between. */
export interface KeptWitnessState {
  read(): WitnessState;
  write(state: WitnessState): void;
}

export const NO_WITNESS_STATE: WitnessState = { standings: {}, newest: null, witnessed: null };

const NEVER_ASKED: WitnessStanding = { size: 0, failures: 0, retryAtMs: 0, dispute: null };
const MAX_BACK_OFF_MS = 600_000;

export const standingOf = ({ standings }: WitnessState, { vkey }: PolicyWitness): WitnessStanding => standings[vkey] ?? NEVER_ASKED;

/** Those of the policy whose cosignature is there, in the policy's order. */
export const cosignersOf = ({ witnesses }: WitnessPolicy, { cosignatures }: CosignedHead): PolicyWitness[] =>
  witnesses.filter(({ vkey }) => cosignatures[vkey] !== undefined);

/** Whether enough have cosigned. */
export const isWitnessed = (policy: WitnessPolicy, head: CosignedHead): boolean =>
  enoughWitnesses(
    policy,
    cosignersOf(policy, head).map(({ key }) => key),
  );

/** The state with a witness's standing replaced; those that the policy no longer has are forgotten. */
function withStanding(state: WitnessState, policy: WitnessPolicy, { vkey }: PolicyWitness, standing: WitnessStanding): WitnessState {
  const stillThere = policy.witnesses.flatMap((one) => (one.vkey in state.standings ? [[one.vkey, standingOf(state, one)] as const] : []));
  return { ...state, standings: { ...Object.fromEntries(stillThere), [vkey]: standing } };
}

/** A witness has cosigned this head. Of a head older than the newest nothing but the witness's size is kept. */
export function withCosignature(
  state: WitnessState,
  policy: WitnessPolicy,
  { witness, head, cosignature }: { witness: PolicyWitness; head: SignedHead; cosignature: HeldCosignature },
): WitnessState {
  const next = withStanding(state, policy, witness, { ...NEVER_ASKED, size: head.size });
  if (state.newest !== null && state.newest.size > head.size) return next;
  const held = state.newest?.size === head.size ? state.newest.cosignatures : {};
  const earlier = held[witness.vkey];
  const later = earlier !== undefined && earlier.timeSeconds > cosignature.timeSeconds ? earlier : cosignature;
  const newest = { ...head, cosignatures: { ...held, [witness.vkey]: later } };
  return { ...next, newest, witnessed: isWitnessed(policy, newest) ? newest : state.witnessed };
}

/**
 * A witness has not cosigned. It is left alone for twice as long each time, from one interval up to ten minutes. What it disputes
 * stands until it cosigns again.
 */
export function withFailure(
  state: WitnessState,
  policy: WitnessPolicy,
  { witness, size, dispute }: { witness: PolicyWitness; size: number; dispute: Dispute | null },
  { nowMs, intervalMs }: { nowMs: number; intervalMs: number },
): WitnessState {
  const before = standingOf(state, witness);
  const failures = before.failures + 1;
  const retryAtMs = nowMs + Math.min(MAX_BACK_OFF_MS, intervalMs * 2 ** (failures - 1));
  const failingSinceMs = before.failures === 0 ? nowMs : before.failingSinceMs;
  return withStanding(state, policy, witness, { size, failures, failingSinceMs, retryAtMs, dispute: dispute ?? before.dispute });
}
