/** `verify --remember`: the log of a receipt that is valid by itself, compared with what is remembered of it. */
import { accept, refuse, type Result } from "../../result.ts";
import type { Doubt } from "../../sdk/known-log.ts";
import { LogClient } from "../../sdk/log-client.ts";
import { rememberCheckpoint } from "../../sdk/remember-checkpoint.ts";
import { makeVkey } from "../../tlog/note.ts";
import { parseProof } from "../../tlog/proof.ts";
import { verifyCheckpoint } from "../../tlog/verify-checkpoint.ts";
import { logTrustOf, type Receipt, type Trust } from "../../verifier.ts";
import type { Surroundings } from "../command.ts";
import { logMemoryFile } from "../files/log-memory-file.ts";

/** Where a log is read: the address that is given, by default the service's and `/log`. Without a slash at its end. */
export function logUrlOf(given: string | undefined, origin: string): Result<string, string> {
  if (given === undefined) return accept(`${origin}/log`);
  const url = URL.canParse(given) ? new URL(given) : null;
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
  if (!isPlain || url.search !== "" || url.hash !== "") return refuse("--log is an address such as https://gate.example.com/log");
  return accept(url.href.replace(/\/$/, ""));
}

/** Remembers the checkpoint of a receipt that was found valid under this trust. The key that signed it is the log's, on that trust. */
export async function rememberReceipt(
  { final }: Receipt,
  trust: Trust,
  logUrl: string,
  surroundings: Surroundings,
): Promise<Result<null, Doubt>> {
  const proof = parseProof(final.proof);
  const checkpoint = proof.ok ? await verifyCheckpoint(proof.value.checkpoint, logTrustOf(trust)) : proof;
  const signer = checkpoint.ok ? checkpoint.value.signers.at(-1) : undefined;
  if (!proof.ok || signer === undefined) throw new Error("the receipt was not found valid");
  const remembered = await rememberCheckpoint(proof.value.checkpoint, {
    client: new LogClient({ url: logUrl }),
    memory: logMemoryFile(surroundings),
    vkey: makeVkey(signer.name, signer.publicKey),
    sleep: (ms) => new Promise((wake) => setTimeout(wake, ms)),
  });
  return remembered.ok ? accept(null) : remembered;
}
