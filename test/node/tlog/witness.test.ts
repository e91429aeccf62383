/** What a witness answers, and what it never answers, as C2SP tlog-witness says. */
import { createPublicKey, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { b64, b64u, type Bytes, fromB64, utf8 } from "#countersign/encoding/bytes.ts";
import { formatCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { makeCosigner } from "#countersign/tlog/cosignature.ts";
import { verifyEvidence } from "#countersign/tlog/evidence.ts";
import { EMPTY_ROOT } from "#countersign/tlog/merkle.ts";
import { makeSigner, parseNote, type Signer, signNote, type VerifierKey } from "#countersign/tlog/note.ts";
import { addCheckpoint, type Witness, type WitnessAnswer } from "#countersign/tlog/witness.ts";
import { type CosignedTrees, WitnessLedger } from "#countersign/tlog/witness-ledger.ts";
import { requestText, WitnessedLog } from "#test/support/witnesses/witnessed-log.ts";

const seed = (byte: number): Bytes => new Uint8Array(32).fill(byte);
const ORIGIN = "gate.example.com/log";
const TIME = 1_795_200_000;
const logKey = await makeSigner(ORIGIN, seed(1));
const nextKey = await makeSigner(ORIGIN, seed(2));
const strangerKey = await makeSigner(ORIGIN, seed(3));
const otherLogKey = await makeSigner("other.example/log", seed(4));
const cosigner = await makeCosigner("witness.example/w1", seed(9));
const log = new WitnessedLog([logKey], 40);
const fork = new WitnessedLog([logKey], 40, 6);

type Keep = (trees: CosignedTrees) => Promise<void>;

function makeWitness(logKeys: readonly VerifierKey[] = [logKey], keep: Keep = async () => {}, kept: CosignedTrees = new Map()) {
  const memory = new WitnessLedger(kept, keep);
  return { logKeys, cosigner, memory, now: () => TIME } satisfies Witness;
}

/** A witness that has cosigned the log at this size. */
async function witnessAt(size: number, logKeys?: readonly VerifierKey[]): Promise<ReturnType<typeof makeWitness>> {
  const witness = makeWitness(logKeys);
  expect(await answer(witness, await log.request(0, size))).toMatchObject({ status: 200 });
  return witness;
}

const answer = async (witness: Witness, request: string) => await addCheckpoint(utf8(request), witness);

/** RFC 8410's wrapping of a raw key, and then Node's own Ed25519. */
function isCosignature(line: string, noteText: string, time: number): boolean {
  const blob = fromB64(line.trimEnd().split(" ")[2] ?? "") ?? new Uint8Array();
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: b64u(cosigner.publicKey) }, format: "jwk" });
  expect(new DataView(blob.buffer).getBigUint64(4)).toBe(BigInt(time));
  return blob.length === 76 && verify(null, utf8(`cosignature/v1\ntime ${time}\n${noteText}`), key, blob.subarray(12));
}

describe("a cosignature", () => {
  test("is one signature line on the note, and on nothing else", async () => {
    const witness = makeWitness();
    const { status, contentType, body, reason, signed } = await answer(witness, await log.request(0, 7));
    expect({ status, contentType, reason }).toEqual({ status: 200, contentType: "text/plain; charset=utf-8", reason: null });
    expect(body).toMatch(/^— witness\.example\/w1 [A-Za-z0-9+/]{101}[A-Za-z0-9+/=]{3}\n$/);
    expect(isCosignature(body, formatCheckpoint({ origin: ORIGIN, size: 7, root: log.root(7) }), TIME)).toBe(true);
    expect(signed).toEqual({ origin: ORIGIN, size: 7, root: log.root(7) });
  });

  test("covers extension lines, as the log has signed them", async () => {
    const text = `${formatCheckpoint({ origin: ORIGIN, size: 7, root: log.root(7) })}an extension\n`;
    const { body } = await answer(makeWitness(), requestText({ old: 0, proof: [], checkpoint: await signNote(text, [logKey]) }));
    expect(isCosignature(body, text, TIME)).toBe(true);
  });

  test("is given for each size of a growing log, from every size", async () => {
    for (let old = 1; old < 20; old++) {
      const witness = await witnessAt(old);
      for (let size = old; size < 40; size += 1 + (size % 5)) {
        const from = witness.memory.latest(ORIGIN)?.size ?? 0;
        expect(await answer(witness, await log.request(from, size)), `${from} to ${size}`).toMatchObject({ status: 200 });
      }
    }
  });

  test("is given again for the same tree, with the time of then", async () => {
    const witness = await witnessAt(7);
    const again = { ...witness, now: () => TIME + 60 };
    const { status, body } = await answer(again, await log.request(7, 7));
    expect(status).toBe(200);
    expect(isCosignature(body, formatCheckpoint({ origin: ORIGIN, size: 7, root: log.root(7) }), TIME + 60)).toBe(true);
    expect(witness.memory.latest(ORIGIN)?.checkpoint).toContain(body);
  });

  test("is given for the empty tree, and then for one with leaves", async () => {
    const witness = makeWitness();
    expect(await answer(witness, await log.request(0, 0))).toMatchObject({ status: 200 });
    expect(await answer(witness, await log.request(0, 0))).toMatchObject({ status: 200 });
    expect(await answer(witness, await log.request(0, 9))).toMatchObject({ status: 200 });
  });

  test("is not given for another log's tree that grew meanwhile", async () => {
    const other = new WitnessedLog([otherLogKey], 5, 0);
    const witness = makeWitness([logKey, otherLogKey]);
    expect(await answer(witness, await log.request(0, 7))).toMatchObject({ status: 200 });
    expect(await answer(witness, await other.request(0, 5))).toMatchObject({ status: 200 });
    expect(await answer(witness, await log.request(7, 8))).toMatchObject({ status: 200 });
    expect(witness.memory.latest(other.origin)?.size).toBe(5);
    const under = await signNote(formatCheckpoint({ origin: ORIGIN, size: 8, root: log.root(8) }), [otherLogKey]);
    expect(await answer(witness, requestText({ old: 8, proof: [], checkpoint: under }))).toMatchObject({ status: 403 });
  });
});

describe("what is remembered", () => {
  test("is a note with the log's verified signatures and the witness's own", async () => {
    const witness = makeWitness([logKey, nextKey]);
    const checkpoint = await log.checkpoint(7, [logKey, strangerKey, nextKey, logKey]);
    const { body } = await answer(witness, requestText({ old: 0, proof: [], checkpoint }));
    expect(witness.memory.latest(ORIGIN)).toEqual({
      size: 7,
      root: log.root(7),
      checkpoint: (await log.checkpoint(7, [logKey, nextKey])) + body,
    });
    expect(parseNote(witness.memory.latest(ORIGIN)?.checkpoint ?? "")).toMatchObject({ ok: true });
  });

  test("does not change with a refusal", async () => {
    const witness = await witnessAt(7);
    const before = witness.memory.latest(ORIGIN);
    await answer(witness, await fork.request(7, 9));
    await answer(witness, await log.request(6, 9));
    expect(witness.memory.latest(ORIGIN)).toBe(before);
  });
});

describe("refuses, with the witness at size 7:", () => {
  const hash = b64(seed(5));
  const proofOf = (lines: number) => Array.from({ length: lines }, () => seed(5));
  const forged = async (size: number) => (await log.checkpoint(size)).replace(/[A-Za-z0-9+/]{3}=\n$/, "AAA=\n");
  const rooted = async (size: number, root: Bytes, signers: readonly Signer[] = [logKey]) =>
    await signNote(formatCheckpoint({ origin: ORIGIN, size, root }), signers);

  const cases: [string, number, string, () => Promise<string>][] = [
    ["nothing", 400, "malformed-request", async () => await Promise.resolve("")],
    ["no old size", 400, "malformed-request", async () => `\n${await log.checkpoint(9)}`],
    ["only a checkpoint", 400, "malformed-request", async () => await log.checkpoint(9)],
    [
      "an old size with a leading zero",
      400,
      "malformed-request",
      async () => requestText({ old: "07", proof: [], checkpoint: await log.checkpoint(9) }),
    ],
    [
      "a negative old size",
      400,
      "malformed-request",
      async () => requestText({ old: "-7", proof: [], checkpoint: await log.checkpoint(9) }),
    ],
    [
      "an old size that is no safe integer",
      400,
      "malformed-request",
      async () => requestText({ old: "9007199254740992", proof: [], checkpoint: await log.checkpoint(9) }),
    ],
    ["a space more", 400, "malformed-request", async () => (await log.request(7, 9)).replace("old 7", "old  7")],
    ["carriage returns", 400, "malformed-request", async () => (await log.request(7, 9)).replaceAll("\n", "\r\n")],
    [
      "64 lines of proof",
      400,
      "malformed-request",
      async () => requestText({ old: 7, proof: proofOf(64), checkpoint: await log.checkpoint(9) }),
    ],
    [
      "a hash of 31 bytes",
      400,
      "malformed-request",
      async () => requestText({ old: 7, proof: [new Uint8Array(31)], checkpoint: await log.checkpoint(9) }),
    ],
    ["base64 of another spelling", 400, "malformed-request", async () => `old 7\n${hash.replace("=", "")}\n\n${await log.checkpoint(9)}`],
    ["no checkpoint", 400, "malformed-checkpoint", async () => await Promise.resolve("old 7\n\n")],
    ["no signature", 400, "malformed-checkpoint", async () => `old 7\n\n${(await log.checkpoint(9)).split("—")[0]}`],
    ["17 signatures", 400, "malformed-checkpoint", async () => `${await log.request(7, 9)}${"— a.example/w AAAAAAA=\n".repeat(16)}`],
    ["a note that is no checkpoint", 400, "malformed-checkpoint", async () => `old 7\n\n${await signNote(`${ORIGIN}\n9\n`, [logKey])}`],
    [
      "an old size beyond the checkpoint's",
      400,
      "old-size-beyond-checkpoint",
      async () => requestText({ old: 8, proof: [], checkpoint: await log.checkpoint(7) }),
    ],
    [
      "a checkpoint signed by a stranger",
      403,
      "no-known-signature",
      async () => requestText({ old: 7, proof: log.proof(7, 9), checkpoint: await log.checkpoint(9, [strangerKey]) }),
    ],
    [
      "a signature that is not the known key's",
      403,
      "bad-signature",
      async () => requestText({ old: 7, proof: log.proof(7, 9), checkpoint: await forged(9) }),
    ],
    ["another log", 404, "unknown-log", async () => await new WitnessedLog([otherLogKey], 9).request(7, 9)],
    ["a smaller old size", 409, "other-size", async () => await log.request(6, 9)],
    ["no old size known", 409, "other-size", async () => await log.request(0, 9)],
    ["a smaller tree", 409, "other-size", async () => await log.request(5, 5)],
    ["a larger old size", 409, "other-size", async () => await log.request(8, 9)],
    ["the empty tree", 409, "other-size", async () => await log.request(0, 0)],
    ["another root for the same size", 422, "other-root", async () => await fork.request(7, 7)],
    [
      "a proof between equal sizes",
      422,
      "inconsistent",
      async () => requestText({ old: 7, proof: proofOf(1), checkpoint: await log.checkpoint(7) }),
    ],
    ["no proof", 422, "inconsistent", async () => requestText({ old: 7, proof: [], checkpoint: await log.checkpoint(9) })],
    [
      "a proof with a hash more",
      422,
      "inconsistent",
      async () => requestText({ old: 7, proof: [...log.proof(7, 9), seed(5)], checkpoint: await log.checkpoint(9) }),
    ],
    [
      "63 lines that prove nothing",
      422,
      "inconsistent",
      async () => requestText({ old: 7, proof: proofOf(63), checkpoint: await log.checkpoint(9) }),
    ],
    ["a tree that forgot a leaf", 422, "inconsistent", async () => await fork.request(7, 9)],
  ];
  test.each(cases)("%s: %i %s", async (_, status, reason, makeRequest) => {
    const refused = await answer(await witnessAt(7), await makeRequest());
    expect(refused).toMatchObject({ status, reason });
    expect(refused.body).not.toContain("—");
  });

  test("a size of zero with another root than the empty one, and a proof from zero", async () => {
    const empty = makeWitness();
    const other = requestText({ old: 0, proof: [], checkpoint: await rooted(0, seed(5)) });
    expect(await answer(empty, other)).toMatchObject({ status: 422, reason: "not-the-empty-root" });
    const proven = requestText({ old: 0, proof: [EMPTY_ROOT], checkpoint: await log.checkpoint(7) });
    expect(await answer(empty, proven)).toMatchObject({ status: 422, reason: "inconsistent" });
    expect(empty.memory.latest(ORIGIN)).toBeNull();
  });

  test("bytes that are not UTF-8", async () => {
    expect(await addCheckpoint(Uint8Array.of(0x6f, 0xff, 0x0a), makeWitness())).toMatchObject({ status: 400 });
  });

  test("with the size it knows, in the type of the specification", async () => {
    const conflict = await answer(await witnessAt(7), await log.request(0, 9));
    expect(conflict).toMatchObject({ status: 409, contentType: "text/x.tlog.size", body: "7\n" });
    expect(await answer(makeWitness(), await log.request(5, 9))).toMatchObject({ status: 409, body: "0\n" });
  });

  test("a whole note for one bad signature of a known key, beside a good one", async () => {
    const witness = await witnessAt(7, [logKey, nextKey]);
    const line = (await log.checkpoint(8, [nextKey])).split("\n").at(-2) ?? "";
    const checkpoint = `${await log.checkpoint(9)}${line}\n`;
    expect(await answer(witness, requestText({ old: 7, proof: log.proof(7, 9), checkpoint }))).toMatchObject({
      status: 403,
      reason: "bad-signature",
    });
    const unknown = { ...witness, logKeys: [logKey] };
    expect(await answer(unknown, requestText({ old: 7, proof: log.proof(7, 9), checkpoint }))).toMatchObject({ status: 200 });
  });

  test("what is wrong in many ways for the first of them", async () => {
    const witness = await witnessAt(7);
    const unknown = await new WitnessedLog([otherLogKey], 9).checkpoint(5);
    const wrong = { old: 8, proof: [seed(5)] };
    expect(await answer(witness, requestText({ ...wrong, checkpoint: unknown }))).toMatchObject({ status: 404 });
    expect(await answer(witness, requestText({ ...wrong, checkpoint: await rooted(5, seed(5), [strangerKey]) }))).toMatchObject({
      status: 403,
    });
    expect(await answer(witness, requestText({ ...wrong, checkpoint: await rooted(5, seed(5)) }))).toMatchObject({ status: 400 });
    expect(await answer(witness, requestText({ ...wrong, checkpoint: await rooted(9, seed(5)) }))).toMatchObject({ status: 409 });
    expect(await answer(witness, requestText({ ...wrong, old: 7, checkpoint: await rooted(9, seed(5)) }))).toMatchObject({ status: 422 });
  });
});

describe("evidence", () => {
  test("is what another root for the same size is, when one key has signed both", async () => {
    const witness = await witnessAt(7);
    const { evidence } = await answer(witness, await fork.request(7, 7));
    const proven = await verifyEvidence(evidence ?? "", [logKey]);
    expect(proven).toMatchObject({ ok: true, value: { smaller: { root: log.root(7) }, larger: { root: fork.root(7) } } });
  });

  test("is not what two keys have signed, nor a proof that fails: anybody may send one", async () => {
    const witness = await witnessAt(7, [logKey, nextKey]);
    const checkpoint = await fork.checkpoint(7, [nextKey]);
    expect(await answer(witness, requestText({ old: 7, proof: [], checkpoint }))).toMatchObject({ status: 422, evidence: null });
    expect(await answer(witness, await fork.request(7, 9))).toMatchObject({ status: 422, evidence: null });
    expect(await answer(witness, await log.request(7, 9))).toMatchObject({ status: 200, evidence: null });
  });
});

test("a log's keys rotate: signed with the old, with both, with the new", async () => {
  const witness = await witnessAt(7, [logKey, nextKey]);
  for (const [old, size, signers] of [
    [7, 8, [logKey, nextKey]],
    [8, 9, [nextKey]],
  ] as const) {
    const checkpoint = await log.checkpoint(size, signers);
    expect(await answer(witness, requestText({ old, proof: log.proof(old, size), checkpoint }))).toMatchObject({ status: 200 });
    expect(witness.memory.latest(ORIGIN)?.checkpoint.startsWith(checkpoint)).toBe(true);
  }
});

describe("strict to the byte", () => {
  test("no request with one character changed, left out or put in is cosigned", async () => {
    const source = Array.from(await log.request(7, 9));
    const witness = await witnessAt(7);
    for (let at = 0; at < source.length; at++) {
      for (const by of ["", "\n", " ", "0", "A", "=", "—", `${source[at]}${source[at]}`]) {
        if (by === source[at]) continue;
        const edited = source.map((character, i) => (i === at ? by : character)).join("");
        const { status } = await answer(witness, edited);
        expect([400, 403, 404, 409, 422], `${JSON.stringify(by)} at ${at}`).toContain(status);
      }
    }
    expect(witness.memory.latest(ORIGIN)?.size).toBe(7);
  });

  test("no bytes at all make it throw", async () => {
    const witness = await witnessAt(7);
    const piece = fc.constantFrom("old ", "7", "0", "\n", "\n\n", b64(seed(5)), ORIGIN, "9", "— ", " ", "AAAAAAA=", "\u0000", "\u2028");
    const text = fc.array(fc.oneof(piece, fc.string({ unit: "binary" })), { maxLength: 24 }).map((pieces) => utf8(pieces.join("")));
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, fc.uint8Array({ maxLength: 200 })), async (bytes) => {
        expect((await addCheckpoint(Uint8Array.from(bytes), witness)).status).toBeGreaterThanOrEqual(400);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("at once", () => {
  /** Keeps slowly, and notes what was kept, in that order. */
  function slowWitness() {
    const kept: number[] = [];
    const witness = makeWitness([logKey], async (trees) => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      kept.push(trees.get(ORIGIN)?.size ?? -1);
    });
    return { witness, kept };
  }

  /** Signatures are verified at the same time, so either may come first. */
  const winnerOf = (answers: WitnessAnswer[]) => answers.find(({ status }) => status === 200)?.signed;

  test.each([
    [12, 9],
    [9, 12],
  ])("of sizes %i and %i, both consistent with 7, one is cosigned and nothing rolls back", async (...sizes) => {
    for (let time = 0; time < 10; time++) {
      const { witness, kept } = slowWitness();
      await answer(witness, await log.request(0, 7));
      const requests = await Promise.all(sizes.map(async (size) => await log.request(7, size)));
      const answers = await Promise.all(requests.map(async (request) => await answer(witness, request)));
      const size = winnerOf(answers)?.size;
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
      expect(answers.find(({ status }) => status === 409)?.body).toBe(`${size}\n`);
      expect(kept).toEqual([7, size]);
    }
  });

  test("of two histories, one is cosigned", async () => {
    const { witness } = slowWitness();
    await answer(witness, await log.request(0, 6));
    const requests = [await fork.request(6, 9), await log.request(6, 9)];
    const answers = await Promise.all(requests.map(async (request) => await answer(witness, request)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    const other = winnerOf(answers)?.root.join() === log.root(9).join() ? fork : log;
    expect(await answer(witness, await other.request(9, 9))).toMatchObject({ status: 422, reason: "other-root" });
  });

  test("of any requests, what is kept never gets smaller and every answer was kept", async () => {
    const step = fc.tuple(fc.nat({ max: 12 }), fc.nat({ max: 12 })).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 12 }), async (steps) => {
        const { witness, kept } = slowWitness();
        const requests = await Promise.all(steps.map(async ([old, size]) => await log.request(old, size)));
        const answers = await Promise.all(requests.map(async (request) => await answer(witness, request)));
        const cosigned = answers.flatMap(({ status, signed }) => (status === 200 ? [signed?.size ?? -1] : []));
        expect(kept).toEqual(kept.toSorted((a, b) => a - b));
        expect(kept).toEqual(cosigned.toSorted((a, b) => a - b));
      }),
      { numRuns: 30 },
    );
  });
});

describe("when keeping fails", () => {
  /** Keeps in `disk`, and breaks as it is told. */
  function breakingWitness() {
    const disk: { trees: CosignedTrees; fault: "none" | "absent" | "present" } = { trees: new Map(), fault: "none" };
    const keep: Keep = async (trees) => {
      await Promise.resolve();
      if (disk.fault !== "absent") disk.trees = trees;
      if (disk.fault !== "none") throw new Error("no space left on device");
    };
    return { disk, witness: makeWitness([logKey], keep), restart: () => makeWitness([logKey], keep, disk.trees) };
  }

  test.each(["absent", "present"] as const)(
    "(failed and %s) nothing is answered, and the next request finds what was durable",
    async (fault) => {
      const { disk, witness } = breakingWitness();
      await answer(witness, await log.request(0, 7));
      for (let time = 0; time < 2; time++) {
        disk.fault = fault;
        await expect(answer(witness, await log.request(7, 9))).rejects.toThrow("no space left");
        expect(witness.memory.latest(ORIGIN)?.size).toBe(7);
      }
      disk.fault = "none";
      expect(await answer(witness, await log.request(0, 10))).toMatchObject({ status: 409, body: "7\n" });
      expect(await answer(witness, await log.request(7, 10))).toMatchObject({ status: 200 });
      expect(disk.trees.get(ORIGIN)?.size).toBe(10);
    },
  );

  test.each([
    ["absent", 7],
    ["present", 9],
  ] as const)("(failed and %s) and it starts again, it goes on from %i and accepts no other history", async (fault, size) => {
    const { disk, witness, restart } = breakingWitness();
    await answer(witness, await log.request(0, 7));
    disk.fault = fault;
    await expect(answer(witness, await log.request(7, 9))).rejects.toThrow("no space left");
    disk.fault = "none";
    const again = restart();
    expect(await answer(again, await log.request(0, 10))).toMatchObject({ status: 409, body: `${size}\n` });
    expect(await answer(again, await fork.request(size, 10))).toMatchObject({ status: 422 });
    expect(await answer(again, await log.request(size, 10))).toMatchObject({ status: 200 });
  });

  test("those that come after it in the queue are answered", async () => {
    const { disk, witness } = breakingWitness();
    disk.fault = "absent";
    const first = answer(witness, await log.request(0, 7));
    const second = answer(witness, await log.request(1, 7));
    await expect(first).rejects.toThrow("no space left");
    expect(await second).toMatchObject({ status: 409, body: "0\n" });
  });
});

test("no cosignature is given out before what it says is kept", async () => {
  const keeping = Promise.withResolvers<void>();
  const began = Promise.withResolvers<void>();
  const witness = makeWitness([logKey], async () => {
    began.resolve();
    await keeping.promise;
  });
  let answered = false;
  const pending = answer(witness, await log.request(0, 7)).then((given) => {
    answered = true;
    return given;
  });
  await began.promise;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(answered).toBe(false);
  expect(witness.memory.latest(ORIGIN)).toBeNull();
  keeping.resolve();
  expect(await pending).toMatchObject({ status: 200 });
});
