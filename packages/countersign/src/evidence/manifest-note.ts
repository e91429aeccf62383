/**
 * How the log's key signs the manifest of an evidence bundle: as a note that can be taken for no checkpoint. Its text is none, since
 * the second line is no number; and its signature is under a name of its own, which no verifier of checkpoints looks for.
 */
import { accept, refuse, type Result } from "../result.ts";
import { makeVkey, parseNote, parseVkey, type Signer, signNote, type VerifierKey, verifyNote } from "../tlog/note.ts";

const HEADER = "countersign/evidence-bundle@v1";

/** `manifestHash`: SHA-256 of the manifest's bytes, hexadecimal. */
const manifestText = (log: string, manifestHash: string): string => `${HEADER}\nlog ${log}\nmanifest ${manifestHash}\n`;

/** The key under the name that manifests are signed with. */
function manifestKey({ name, publicKey }: VerifierKey): VerifierKey {
  const key = parseVkey(makeVkey(`${name}/evidence-bundle`, publicKey));
  if (!key.ok) throw new Error("a log's key has no key of its manifests");
  return key.value;
}

/** The note under which the manifest of that hash stands, signed by a log's signers. Throws for what is no hash: nothing else is signed. */
export async function signManifest(manifestHash: string, signers: readonly Signer[]): Promise<string> {
  const [first] = signers;
  if (first === undefined || !/^[0-9a-f]{64}$/.test(manifestHash)) throw new Error("a manifest is signed by its hash");
  return await signNote(
    manifestText(first.name, manifestHash),
    signers.map((signer) => ({ ...manifestKey(signer), sign: signer.sign })),
  );
}

/** Whether one of the log's keys has signed this manifest of this log; in words if not. */
export async function verifyManifest(
  note: string,
  log: string,
  manifestHash: string,
  logKeys: readonly VerifierKey[],
): Promise<Result<null, string>> {
  const read = parseNote(note);
  if (!read.ok) return refuse("The manifest's note is not a signed note.");
  if (read.value.text !== manifestText(log, manifestHash)) return refuse("The manifest's note is not about this manifest.");
  const signed = await verifyNote(read.value, logKeys.filter(({ name }) => name === log).map(manifestKey));
  return signed.ok ? accept(null) : refuse("The manifest is not signed with the log's key.");
}
