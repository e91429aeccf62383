/** The network of test/support/witnesses/witness-network.ts, from inside the Worker under test. */
import { env } from "cloudflare:workers";
import { parseCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { verifyCosignatures } from "#countersign/tlog/cosignature.ts";
import { parseNote, parseVkey, verifyNote } from "#countersign/tlog/note.ts";
import { parsePolicy, type PolicyWitness, enoughWitnesses, type WitnessPolicy } from "#countersign/tlog/witness-policy.ts";
import type { Behaviour, WitnessCall } from "#test/support/witnesses/witness-behaviour.ts";
import { logObject } from "./log.ts";

const order = async (what: string, body?: unknown): Promise<Response> =>
  await fetch(`https://control.example/${what}`, { method: "POST", body: JSON.stringify(body ?? null) });

/** From now on these behave so, and all others honestly. Whoever hung goes on. */
export async function behave(behaviours: Record<string, Behaviour> = {}): Promise<void> {
  await (await order("behave", behaviours)).text();
}

/** All are honest and have seen nothing. */
export async function resetNetwork(): Promise<void> {
  await (await order("reset")).text();
}

/** What witnesses were asked since the last reset, in order. */
export async function calls(): Promise<WitnessCall[]> {
  return await (await order("calls")).json();
}

export function testPolicy(): WitnessPolicy {
  const policy = parsePolicy(env.WITNESS_POLICY ?? "");
  if (!policy.ok) throw new Error(policy.refusal.message);
  return policy.value;
}

export function witnessNamed(name: string): PolicyWitness {
  const witness = testPolicy().witnesses.find((one) => one.name === name);
  if (witness === undefined) throw new Error(`no witness ${name}`);
  return witness;
}

export interface ReadCheckpoint {
  size: number;
  /** The policy's names of those who have cosigned, in the order of the note. */
  cosigners: string[];
  isWitnessed: boolean;
}

/** Reads a checkpoint as a verifier would who has the log's key and the policy. */
export async function readCosigned(text: string, vkey?: string): Promise<ReadCheckpoint> {
  const note = parseNote(text);
  const key = parseVkey(vkey ?? (await logObject().vkey()));
  if (!note.ok || !key.ok) throw new Error("not a note");
  const signed = await verifyNote(note.value, [key.value]);
  const checkpoint = parseCheckpoint(note.value.text);
  const { witnesses, ...policy } = testPolicy();
  const cosigned = await verifyCosignatures(
    note.value,
    witnesses.map(({ key: witnessKey }) => witnessKey),
  );
  if (!signed.ok || !checkpoint.ok || !cosigned.ok) throw new Error("not a checkpoint of this log, or a bad cosignature");
  const keys = cosigned.value.map((one) => one.key);
  return {
    size: checkpoint.value.size,
    cosigners: keys.map((cosigner) => witnesses.find((one) => one.key.keyId === cosigner.keyId)?.name ?? "?"),
    isWitnessed: enoughWitnesses({ ...policy, witnesses }, keys),
  };
}
