import { describe, expect, test } from "vitest";
import { b64, type Bytes, concat, fromB64, fromHex, utf8 } from "#countersign/encoding/bytes.ts";
import { type Cosigner, makeCosigner, makeWitnessVkey, parseWitnessVkey, verifyCosignatures } from "#countersign/tlog/cosignature.ts";
import {
  makeSigner,
  makeTypedSigner,
  makeVkey,
  type Note,
  parseNote,
  parseVkey,
  signatureLine,
  type VerifierKey,
} from "#countersign/tlog/note.ts";
import tlog from "#test/vectors/tlog.json" with { type: "json" };
import vectors from "#test/vectors/witnesses.json" with { type: "json" };

const { checkpoint } = tlog.five;
const text = checkpoint.slice(0, checkpoint.indexOf("\n\n") + 1);
const seed = (byte: number) => new Uint8Array(32).fill(byte);

function parsed(note: string): Note {
  const result = parseNote(note);
  if (!result.ok) throw new Error(result.refusal);
  return result.value;
}

function key(vkey: string): VerifierKey {
  const result = parseWitnessVkey(vkey);
  if (!result.ok) throw new Error(result.refusal);
  return result.value;
}

const keys = vectors.witnesses.map(({ vkey }) => key(vkey));
const bad = { ok: false, refusal: "bad-signature" };

describe("vectors", () => {
  test("made with OpenSSL: keys, lines, times", async () => {
    for (const witness of vectors.witnesses) {
      const cosigner = await makeCosigner(witness.name, fromHex(witness.seed) as Bytes);
      expect(makeWitnessVkey(cosigner.name, cosigner.publicKey)).toBe(witness.vkey);
      expect(await cosigner.cosign(text, witness.time)).toBe(witness.line);
    }
    const verified = await verifyCosignatures(parsed(vectors.checkpoint), keys);
    expect(verified).toEqual({ ok: true, value: keys.map((one, i) => ({ key: one, timeSeconds: vectors.witnesses[i]?.time })) });
  });

  test("the example of tlog-cosignature has the frame and the time that are read here", () => {
    const [, example] = parsed(
      "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" +
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n" +
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n",
    ).signatures;
    expect(example).toMatchObject({ name: "witness.example.com/w1", keyId: "8d66cf3f" });
    expect(example?.signature.length).toBe(8 + 64);
    expect(example?.signature.subarray(0, 8)).toEqual(fromHex((1679315147).toString(16).padStart(16, "0")));
  });
});

describe("verifying", () => {
  const cosigned = parsed(vectors.checkpoint);

  test("ignores whom it does not know: other names, other keys, the log itself", async () => {
    const [first] = keys;
    expect(await verifyCosignatures(cosigned, [first as VerifierKey])).toMatchObject({ ok: true, value: [{ key: first }] });
    const strangers = [await makeCosigner("witness.example.com/w1", seed(9)), await makeCosigner("other.example", seed(0x11))];
    expect(await verifyCosignatures(cosigned, strangers)).toEqual({ ok: true, value: [] });
    expect(await verifyCosignatures(parsed(checkpoint), keys)).toEqual({ ok: true, value: [] });
    expect(await verifyCosignatures(cosigned, [])).toEqual({ ok: true, value: [] });
  });

  test("any changed byte of a known cosignature rejects all, its time's too", async () => {
    for (const at of [1, 2, 3]) {
      for (let byte = 0; byte < 72; byte++) {
        const signatures = structuredClone(cosigned.signatures);
        const { signature } = signatures[at] as { signature: Bytes };
        signature[byte] = (signature[byte] as number) ^ 1;
        expect(await verifyCosignatures({ ...cosigned, signatures }, keys)).toEqual(bad);
      }
    }
  });

  test("one that is too short or too long is no cosignature", async () => {
    const [, one] = cosigned.signatures;
    if (one === undefined) throw new Error("a cosignature");
    for (const signature of [
      one.signature.slice(0, 1),
      one.signature.slice(0, 7),
      one.signature.slice(0, 71),
      concat(one.signature, seed(0)),
    ])
      expect(await verifyCosignatures({ ...cosigned, signatures: [{ ...one, signature }] }, keys)).toEqual(bad);
  });

  test("another text is not what was cosigned", async () => {
    for (const changed of [text.replace("\n5\n", "\n6\n"), text.replace("gate", "gates"), `${text}extension\n`])
      expect(await verifyCosignatures({ ...cosigned, text: changed }, keys)).toEqual(bad);
  });

  test("the log's key and the witness's of one seed do not stand for one another", async () => {
    const log = await makeSigner("one.example", seed(7));
    const witness = await makeCosigner("one.example", seed(7));
    expect(log.keyId).not.toBe(witness.keyId);
    expect(parseWitnessVkey(makeVkey(log.name, log.publicKey))).toEqual({ ok: false, refusal: "malformed-vkey" });
    expect(parseVkey(makeWitnessVkey(witness.name, witness.publicKey))).toEqual({ ok: false, refusal: "malformed-vkey" });
    await expect(verifyCosignatures(cosigned, [log])).rejects.toThrow("log's key");
  });
});

describe("times", () => {
  /** Properly signed, whatever the time says: eight bytes in front, the decimal in the message. */
  async function cosignedAt(cosigner: Cosigner, time: bigint): Promise<Note> {
    const { sign } = await makeTypedSigner(0x04, cosigner.name, seed(0x21));
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, time);
    return parsed(checkpoint + signatureLine(cosigner, concat(bytes, await sign(utf8(`cosignature/v1\ntime ${time}\n${text}`)))));
  }

  test("0 and beyond 2^53 - 1 are refused, although they are signed", async () => {
    const cosigner = await makeCosigner("w.example", seed(0x21));
    for (const time of [1n, 2n ** 32n, 2n ** 53n - 1n])
      expect(await verifyCosignatures(await cosignedAt(cosigner, time), [cosigner])).toMatchObject({
        ok: true,
        value: [{ timeSeconds: Number(time) }],
      });
    for (const time of [0n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n])
      expect(await verifyCosignatures(await cosignedAt(cosigner, time), [cosigner])).toEqual(bad);
  });

  test("nobody cosigns at no time, nor what is no checkpoint", async () => {
    const cosigner = await makeCosigner("w.example", seed(1));
    for (const time of [0, -1, 1.5, Number.NaN, 2 ** 53]) await expect(cosigner.cosign(text, time)).rejects.toThrow("time");
    for (const other of ["", "hello\n", text.slice(0, -1), `${text}\n`])
      await expect(cosigner.cosign(other, 1)).rejects.toThrow("checkpoints");
  });
});

test("keys of other types are refused", () => {
  const { vkey } = vectors.witnesses[0] as { vkey: string };
  const [name = "", id = "", encoded = ""] = vkey.split("+");
  const bytes = fromB64(encoded) as Bytes;
  for (const type of [0, 1, 2, 3, 5, 6, 255])
    expect(parseWitnessVkey(`${name}+${id}+${b64(concat(Uint8Array.of(type), bytes.subarray(1)))}`)).toMatchObject({ ok: false });
});
