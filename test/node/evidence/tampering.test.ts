/** Whatever is taken away, added, moved or changed in a bundle is found: also where the manifest was made anew by whoever holds the log's key. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { b64, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { leafEntry } from "#countersign/documents/record.ts";
import { verifyBundle } from "#countersign/evidence/verify-bundle.ts";
import { signManifest } from "#countersign/evidence/manifest-note.ts";
import { leafHash } from "#countersign/tlog/merkle.ts";
import { manyOr } from "#test/support/every-case.ts";
import { filesOf, LoggedEvidence, type MadeFiles, sameFiles, signedAnew, textIn } from "#test/support/evidence/logged-evidence.ts";
import { makeWorld, onThatDay, type World } from "#test/support/documents/sealed-receipt.ts";

let world: World;
let made: MadeFiles;
beforeAll(async () => {
  world = await makeWorld();
  const logged = LoggedEvidence.begun(world);
  for (let nth = 0; nth < 6; nth += 1) await logged.decided(nth);
  logged.publish(2, onThatDay("10:00:00"));
  logged.erase(8);
  // From before the first decision: the policy in force then, and the enrolments, are proven to be before it.
  made = await logged.bundle({ from: onThatDay("08:45:00"), to: null });
});

const codeOf = async (changed: MadeFiles): Promise<string | null> => {
  const judged = await verifyBundle(filesOf(changed), world.trust);
  return judged.ok ? null : judged.refusal.code;
};

const without = (name: string): MadeFiles => new Map([...made].filter(([other]) => other !== name));
const withText = (name: string, text: string): MadeFiles => new Map([...made, [name, utf8(text)]]);
const anyFile = () => fc.constantFrom(...made.keys());
/** Those that programs read; what is for people is what the manifest lists, and is nobody else's word. */
const READ = /^(?:checkpoints\/|consistency|entries|enrolments|policies\/|receipts\/)/;
const readFiles = () => [...made.keys()].filter((name) => READ.test(name));
const linesIn = (name: string): string[] => textIn(made, name).split(/(?<=\n)/);

test("the bundle itself is valid", async () => {
  expect(await codeOf(made)).toBeNull();
  expect([...made.keys()].toSorted()).toEqual([
    "README.md",
    "checkpoints/first",
    "checkpoints/last",
    "checkpoints/signed",
    "consistency.json",
    "controls.json",
    "controls.md",
    "enrolments.ndjson",
    "entries.ndjson",
    "manifest.json",
    "manifest.note",
    "policies/1.json",
    "policies/2.json",
    ...[0, 2, 3, 4, 5].map((nth) => `receipts/apr_${String(nth).padStart(32, "0")}.json`),
  ]);
});

describe("by anybody", () => {
  test("a file that is missing", async () => {
    for (const name of made.keys()) expect([name, await codeOf(without(name))]).not.toEqual([name, null]);
  });

  test("a file that was added, renamed or put in the place of another", async () => {
    expect(await codeOf(withText("notes.md", "Nothing to see."))).toBe("file_mismatch");
    expect(await codeOf(withText("receipts/apr_X.json", "{}"))).toBe("file_mismatch");
    await fc.assert(
      fc.asyncProperty(anyFile(), anyFile(), async (one, other) => {
        fc.pre(one !== other);
        const moved = new Map([...made, [one, made.get(other) as Uint8Array]]);
        expect(await codeOf(moved)).not.toBeNull();
        const renamed = new Map([...without(one), [`${one}x`, made.get(one) as Uint8Array]]);
        expect(await codeOf(renamed)).not.toBeNull();
      }),
      { numRuns: manyOr(20, 300) },
    );
  });

  test("a byte that was changed, added or left out, in any file", async () => {
    await fc.assert(
      fc.asyncProperty(anyFile(), fc.nat(), fc.integer({ min: 1, max: 255 }), fc.constantFrom(0, 1, 2), async (name, at, by, how) => {
        const before = [...(made.get(name) as Uint8Array)];
        const place = at % before.length;
        if (how === 0) before[place] = (before[place] as number) ^ by;
        else before.splice(place, how === 1 ? 1 : 0, ...(how === 1 ? [] : [by]));
        expect(await codeOf(new Map([...made, [name, Uint8Array.from(before)]]))).not.toBeNull();
      }),
      { numRuns: manyOr(60, 3_000) },
    );
  });
});

/** Lists and signs anew what was changed; it has to be another bundle than before. */
async function codeOfSignedAnew(changed: MadeFiles): Promise<string | null> {
  expect(sameFiles(changed, made)).toBe(false);
  return await codeOf(await signedAnew(changed, world));
}

describe("by whoever holds the log's key, and signs another manifest", () => {
  test("nothing is found where nothing but words for people differ, which is theirs to say", async () => {
    expect(await codeOf(await signedAnew(withText("README.md", "Another text.\n"), world))).toBeNull();
  });

  test("every entry, enrolment, policy and receipt that is left out", async () => {
    for (const name of ["entries.ndjson", "enrolments.ndjson"]) {
      for (const [n] of linesIn(name).entries()) {
        const left = linesIn(name).filter((_, at) => at !== n);
        // Casey's key decided nothing: leaving it out hides no decision's key.
        if (name === "enrolments.ndjson" && linesIn(name)[n]?.includes("casey")) continue;
        expect([name, n, await codeOfSignedAnew(withText(name, left.join("")))]).not.toEqual([name, n, null]);
      }
    }
    for (const name of readFiles()) expect([name, await codeOfSignedAnew(without(name))]).not.toEqual([name, null]);
  });

  test("every entry that is doubled, or changes its place with the next", async () => {
    const lines = linesIn("entries.ndjson");
    for (const [n, line] of lines.entries()) {
      expect(await codeOfSignedAnew(withText("entries.ndjson", lines.toSpliced(n, 0, line).join("")))).toBe("entries_mismatch");
      const next = lines[n + 1];
      if (next !== undefined)
        expect(await codeOfSignedAnew(withText("entries.ndjson", lines.toSpliced(n, 2, next, line).join("")))).toBe("entries_mismatch");
    }
  });

  test("an entry of the end of a request that is withheld: its receipt belongs to nothing", async () => {
    const lines = linesIn("entries.ndjson");
    const n = lines.findIndex((line) => line.includes('"approval.approved"'));
    const { index } = JSON.parse(lines[n] ?? "") as { index: number };
    const hash = leafHashOf(lines[n] ?? "");
    const changed = withText("entries.ndjson", lines.toSpliced(n, 1, `{"index":${index},"leaf_hash":"${hash}"}\n`).join(""));
    expect(await codeOfSignedAnew(changed)).toBe("receipt_invalid");
  });

  test("a request that is said to be missing, and is shown to have ended in no entry", async () => {
    const changed = await signedAnew(made, world, (manifest) => {
      manifest.missing_receipts.push({ request: `apr_${"Z".repeat(32)}`, reason: "erased" });
    });
    expect(await codeOf(changed)).toBe("incomplete");
  });

  test("a byte that was changed in what programs read", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...readFiles()), fc.nat(), fc.integer({ min: 1, max: 255 }), async (name, at, by) => {
        const bytes = Uint8Array.from(made.get(name) as Uint8Array);
        const place = at % bytes.length;
        bytes[place] = (bytes[place] as number) ^ by;
        expect(await codeOfSignedAnew(new Map([...made, [name, bytes]]))).not.toBeNull();
      }),
      { numRuns: manyOr(80, 3_000) },
    );
  });

  test("a member of the manifest that does not fit what is there", async () => {
    const changes: ((manifest: Record<string, unknown>) => void)[] = [
      (manifest) => (manifest["log"] = "other.example.com/log"),
      (manifest) => (manifest["origin"] = "https://other.example.com"),
      (manifest) => (manifest["first"] = manifest["last"]),
      (manifest) => (manifest["last"] = manifest["first"]),
      (manifest) => (manifest["signed"] = manifest["first"]),
      (manifest) => (manifest["type"] = "countersign/evidence-bundle@v2"),
      (manifest) => (manifest["more"] = true),
      (manifest) => delete manifest["scope"],
    ];
    for (const change of changes) {
      expect(
        await codeOf(await signedAnew(made, world, (manifest) => change(manifest as unknown as Record<string, unknown>))),
      ).not.toBeNull();
    }
  });
});

function leafHashOf(line: string): string {
  const { record, salt } = JSON.parse(line) as { record: Parameters<typeof leafEntry>[0]; salt: string };
  return b64(leafHash(leafEntry(record, salt)));
}

test("a manifest that somebody else's key has signed is not believed", async () => {
  const other = await makeWorld(new Uint8Array(32).fill(7));
  const note = await signManifest(hex(sha256(made.get("manifest.json") as Uint8Array)), [other.signer]);
  expect(await codeOf(withText("manifest.note", note))).toBe("manifest_invalid");
});
