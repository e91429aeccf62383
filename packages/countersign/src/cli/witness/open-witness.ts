/** Brings a witness back as it was when it stopped, or begins a new one; refuses whatever might make it cosign two histories. */
import { accept, refuse, type Result } from "../../result.ts";
import { type Cosigner, makeCosigner, makeWitnessVkey } from "../../tlog/cosignature.ts";
import { WitnessLedger } from "../../tlog/witness-ledger.ts";
import { keepSeed, keepState, readSeed, readState } from "./witness-files.ts";

export interface WitnessFiles {
  stateFile: string;
  keyFile: string;
}

export interface OpenWitness {
  cosigner: Cosigner;
  vkey: string;
  ledger: WitnessLedger;
}

/**
 * Opens the witness of that name. `isNew` says that its key, which is there, has never cosigned anything: only then may there
 * be a key without a state. Nobody else may use the files meanwhile (see holdLock). Throws if a file cannot be read or written.
 */
export async function openWitness(
  { stateFile, keyFile }: WitnessFiles,
  name: string,
  isNew: boolean,
): Promise<Result<OpenWitness, string>> {
  const [state, kept] = [await readState(stateFile), await readSeed(keyFile)];
  if (!state.ok) return state;
  if (!kept.ok) return kept;
  const hasCosigned = state.value !== null && state.value.trees.size > 0;
  if (kept.value === null && hasCosigned) return refuse(`the key of ${state.value?.vkey} is missing: ${keyFile}`);
  if (isNew && state.value !== null) return refuse(`there is a state already, so --new-state must not be given: ${stateFile}`);
  if (kept.value !== null && state.value === null && !isNew) {
    return refuse(
      `there is a key but no state: ${stateFile}. A witness that has forgotten what it cosigned must not go on with its key: ` +
        "take a new name and a new key. If this key has never cosigned anything, start once with --new-state",
    );
  }

  const seed = kept.value ?? crypto.getRandomValues(new Uint8Array(32));
  const cosigner = await makeCosigner(name, seed);
  const vkey = makeWitnessVkey(name, cosigner.publicKey);
  if (kept.value !== null && state.value !== null && state.value.vkey !== vkey) {
    return refuse(`the state is that of another name or key, ${state.value.vkey}: ${stateFile}`);
  }
  // The state first: after a crash between the two, a state without a key is a beginning, a key without a state would be a loss.
  if (!hasCosigned) await keepState(stateFile, vkey, new Map());
  if (kept.value === null) await keepSeed(keyFile, seed);
  const ledger = new WitnessLedger(state.value?.trees ?? new Map(), async (trees) => await keepState(stateFile, vkey, trees));
  return accept({ cosigner, vkey, ledger });
}
