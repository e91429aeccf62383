/** Whatever a witness answers: what is served of it afterwards is a checkpoint that everybody who has it in their policy accepts. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { concat, utf8 } from "#countersign/encoding/bytes.ts";
import { accept } from "#countersign/result.ts";
import type { TransparencyLog } from "#gate/log/transparency-log.ts";
import { runWitnessRound } from "#gate/log/witnessing/witness-round.ts";
import { NO_WITNESS_STATE, type WitnessState } from "#gate/log/witnessing/witness-state.ts";
import { WitnessedLog } from "#gate/log/witnessing/witnessed-log.ts";
import { formatCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { makeCosigner, makeWitnessVkey } from "#countersign/tlog/cosignature.ts";
import { EMPTY_ROOT } from "#countersign/tlog/merkle.ts";
import { makeSigner, makeTypedSigner, makeVkey, parseNote, signatureLine, signNote } from "#countersign/tlog/note.ts";
import { parsePolicy } from "#countersign/tlog/witness-policy.ts";
import { verifyCheckpoint } from "#countersign/tlog/verify-checkpoint.ts";
import { TiledTree } from "#test/support/log/tiled-tree.ts";

const ORIGIN = "gate.example.com/log";
const NOW_SECONDS = 1_795_167_000;
const signer = await makeSigner(ORIGIN, new Uint8Array(32).fill(1));
const witness = await makeCosigner("one.example", new Uint8Array(32).fill(2));
const vkey = makeVkey(ORIGIN, signer.publicKey);
const policy = parsePolicy(
  `log ${vkey}\nwitness one ${makeWitnessVkey(witness.name, witness.publicKey)} https://one.example\nquorum none\n`,
);
if (!policy.ok) throw new Error(policy.refusal.message);

const tree = new TiledTree();
tree.append(Array.from({ length: 7 }, (_, i) => new Uint8Array(32).fill(i)));
const text = formatCheckpoint({ origin: ORIGIN, size: 7, root: tree.tree.root });
const head = await signNote(text, [signer]);
const unused = () => Promise.reject(new Error("nobody asks for this"));
const log: TransparencyLog = { checkpoint: () => Promise.resolve(head), witnessedCheckpoint: unused, append: unused, vkey: unused };

/** A line that no honest cosigner makes: of what is no checkpoint. */
async function lineOf(noteText: string): Promise<string> {
  const dishonest = await makeTypedSigner(0x04, witness.name, new Uint8Array(32).fill(2));
  const time = new Uint8Array(8);
  new DataView(time.buffer).setBigUint64(0, BigInt(NOW_SECONDS));
  return signatureLine(dishonest, concat(time, await dishonest.sign(utf8(`cosignature/v1\ntime ${NOW_SECONDS}\n${noteText}`))));
}

/** Lines that a witness may sign and send, right and wrong. */
const lines = [
  await witness.cosign(text, NOW_SECONDS),
  await witness.cosign(text, NOW_SECONDS - 700),
  await witness.cosign(formatCheckpoint({ origin: ORIGIN, size: 8, root: EMPTY_ROOT }), NOW_SECONDS),
  await witness.cosign(`${text}more\n`, NOW_SECONDS),
  `more\n\n${await lineOf(`${text}\nmore\n`)}`,
  (await signNote("anything\n", [signer])).split("\n\n")[1] ?? "",
  (await signNote(text, [await makeSigner("one.example", new Uint8Array(32).fill(2))])).split("\n\n")[1] ?? "",
];
const piece = fc.oneof(fc.constantFrom(...lines), fc.constantFrom("\n", "\n\n", "more\n", "— ", " ", "\r\n", text, head));

it("is served with nothing that does not hold", async () => {
  let cosigned = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(piece, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }), async (answers) => {
      let state: WitnessState = NO_WITNESS_STATE;
      const kept = { read: () => state, write: (next: WitnessState) => void (state = next) };
      let nowMs = NOW_SECONDS * 1_000;
      for (const answer of answers) {
        await runWitnessRound({
          policy: policy.value,
          intervalMs: 1_000,
          log,
          reader: { readTiles: (addresses) => Promise.resolve(tree.read(addresses)) },
          kept,
          post: () => Promise.resolve(accept({ status: 200, contentType: "text/plain", body: answer.join("") })),
          report: () => undefined,
          now: () => nowMs,
        });
        nowMs += 700_000;
      }
      const served = await new WitnessedLog(log, policy.value, kept).checkpoint();
      expect(parseNote(served).ok).toBe(true);
      const verified = await verifyCheckpoint(served, { logKeys: policy.value.logs.map(({ key }) => key), policy: policy.value });
      expect(verified).toMatchObject({ ok: true });
      cosigned += verified.ok ? verified.value.cosignatures.length : 0;
    }),
    { numRuns: 600 },
  );
  expect(cosigned).toBeGreaterThan(0);
});
