import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { b64, concat, fromB64, fromHex, utf8 } from "#countersign/encoding/bytes.ts";
import { makeSigner, makeVkey, type Note, parseNote, parseVkey, signNote, verifyNote, type VerifierKey } from "#countersign/tlog/note.ts";
import vectors from "#test/vectors/tlog.json" with { type: "json" };

const seed = (byte: number) => new Uint8Array(32).fill(byte);
const alice = await makeSigner("alice.example/log", seed(1));
const bob = await makeSigner("bob.example/log", seed(2));

function parsed(text: string): Note {
  const note = parseNote(text);
  if (!note.ok) throw new Error(note.refusal);
  return note.value;
}

function key(vkey: string): VerifierKey {
  const parsedKey = parseVkey(vkey);
  if (!parsedKey.ok) throw new Error(parsedKey.refusal);
  return parsedKey.value;
}

describe("vectors", () => {
  test("the note that signed-note publishes verifies", async () => {
    const foo = key(vectors.c2sp.vkey);
    expect(foo.keyId).toBe("530d903a");
    expect(makeVkey(foo.name, foo.publicKey)).toBe(vectors.c2sp.vkey);
    const note = parsed(vectors.c2sp.note);
    expect(note.text).toBe("This is an example message.\n");
    expect(await verifyNote(note, [foo])).toEqual({ ok: true, value: [foo] });
  });

  test("our own key and signature", async () => {
    const signer = await makeSigner("gate.example.com/log", fromHex(vectors.five.seed) as Uint8Array<ArrayBuffer>);
    expect(makeVkey(signer.name, signer.publicKey)).toBe(vectors.five.vkey);
    expect(await signNote(parsed(vectors.five.checkpoint).text, [signer])).toBe(vectors.five.checkpoint);
  });
});

describe("verifying", () => {
  const cosigned = async (text: string) => {
    const [one, two] = [await signNote(text, [alice]), await signNote(text, [bob])];
    return one + two.slice(two.lastIndexOf("\n\n") + 2);
  };

  test("tells which known keys have signed, and ignores the others", async () => {
    const note = parsed(await cosigned("hello\n"));
    const names = async (keys: VerifierKey[]) => {
      const verified = await verifyNote(note, keys);
      return verified.ok ? verified.value.map(({ name }) => name) : verified.refusal;
    };
    expect(await names([alice])).toEqual([alice.name]);
    expect(await names([bob, alice])).toEqual([alice.name, bob.name]);
    expect(await names([])).toBe("no-known-signature");
    expect(await names([await makeSigner(alice.name, seed(3))])).toBe("no-known-signature");
    expect(await names([await makeSigner("carol.example/log", seed(1))])).toBe("no-known-signature");
  });

  test("one known key whose signature fails rejects the whole note", async () => {
    const note = parsed(await cosigned("hello\n"));
    const [first, second] = note.signatures;
    if (first === undefined || second === undefined) throw new Error("two signatures");
    const broken = { ...second, signature: second.signature.map((byte, i) => (i === 9 ? byte ^ 1 : byte)) };
    expect(await verifyNote({ ...note, signatures: [first, broken] }, [alice, bob])).toEqual({ ok: false, refusal: "bad-signature" });
    expect(await verifyNote({ ...note, signatures: [first, broken] }, [alice])).toMatchObject({ ok: true });
    const short = { ...first, signature: first.signature.slice(0, 63) };
    expect(await verifyNote({ ...note, signatures: [short] }, [alice])).toEqual({ ok: false, refusal: "bad-signature" });
    expect(await verifyNote({ ...note, text: "Hello\n" }, [alice])).toEqual({ ok: false, refusal: "bad-signature" });
  });

  test("whatever is signed comes back from parsing and verifies", async () => {
    const line = fc.string({ unit: "grapheme" }).filter((text) => !/\p{Cc}/u.test(text));
    await fc.assert(
      fc.asyncProperty(fc.array(line), async (lines) => {
        const text = `${lines.join("\n")}\n`;
        const note = parsed(await signNote(text, [alice]));
        expect(note.text).toBe(text);
        expect(await verifyNote(note, [alice])).toMatchObject({ ok: true });
      }),
      { numRuns: 50 },
    );
  });
});

describe("parsing a note refuses", () => {
  const { note } = vectors.c2sp;
  const line = note.slice(note.lastIndexOf("\n\n") + 2);
  const malformed: Record<string, string> = {
    nothing: "",
    "no signature": "text\n\n",
    "no blank line": `text\n${line}`,
    "CRLF line ends": note.replaceAll("\n", "\r\n"),
    "no final newline": note.slice(0, -1),
    "a second final newline": `${note}\n`,
    "a carriage return in the text": note.replace("This", "\rThis"),
    "a tab in the text": note.replace(" ", "\t"),
    "a NUL in the text": note.replace(" ", "\u0000"),
    "a lone surrogate": note.replace("This", "\ud800"),
    "trailing text": `${note}more\n`,
    "a hyphen for the dash": note.replace("—", "-"),
    "no space after the dash": note.replace("— ", "—"),
    "two spaces before the signature": note.replace("foo Uw", "foo  Uw"),
    "a space after the signature": note.replace("yaQM=\n", "yaQM= \n"),
    "missing padding": note.replace("yaQM=", "yaQM"),
    "too much padding": note.replace("yaQM=", "yaQM=="),
    "spare bits set": note.replace("yaQM=", "yaQN="),
    base64url: note.replaceAll("IneyaQM", "Ine-aQM").replace("Tg", "_g"),
    "a key id without a signature": note.replace(/Uw\S+/, "Uw2QOg=="),
    "no name": note.replace("example.com/foo", ""),
    "a plus in the name": note.replace("example.com/foo", "example.com+foo"),
    "a no-break space in the name": note.replace("example.com/foo", "example.com\u00a0foo"),
    "a next-line character in the name": note.replace("example.com/foo", "example.com\u0085foo"),
  };
  test.each(Object.entries(malformed))("%s", (_, text) => {
    expect(text).not.toBe(note);
    expect(parseNote(text)).toEqual({ ok: false, refusal: "malformed-note" });
  });

  test("more than 16 signatures, but not 16", () => {
    expect(parseNote(`text\n\n${line.repeat(16)}`)).toMatchObject({ ok: true });
    expect(parseNote(`text\n\n${line.repeat(17)}`)).toEqual({ ok: false, refusal: "too-many-signatures" });
  });

  test("nothing that it could not write again the same", () => {
    const source = Array.from(note);
    const edit = fc.record({ at: fc.nat({ max: source.length - 1 }), by: fc.constantFrom("", "\n", " ", "=", "A", "—", "\u2028", "+") });
    fc.assert(
      fc.property(edit, ({ at, by }) => {
        const edited = source.map((character, i) => (i === at ? by : character)).join("");
        const result = parseNote(edited);
        if (!result.ok) return;
        const lines = result.value.signatures.map(
          ({ name, keyId, signature }) => `— ${name} ${b64(concat(fromHex(keyId) as Uint8Array, signature))}\n`,
        );
        expect(`${result.value.text}\n${lines.join("")}`).toBe(edited);
      }),
      { numRuns: 500 },
    );
  });
});

describe("the text ends at the last blank line", () => {
  test("a note inside a note", async () => {
    const inner = await signNote("inner\n", [bob]);
    const outer = parsed(await signNote(inner, [alice]));
    expect(outer.text).toBe(inner);
    expect(outer.signatures.map(({ name }) => name)).toEqual([alice.name]);
  });
});

test("signing refuses a text that could not be parsed again", async () => {
  for (const text of ["", "no newline", "tab\there\n", "\ud800\n"]) await expect(signNote(text, [alice])).rejects.toThrow("newline");
});

test("verifier keys in any other spelling are refused", () => {
  const { vkey } = vectors.c2sp;
  const [name = "", id = "", ...rest] = vkey.split("+");
  const encoded = rest.join("+");
  const bytes = fromB64(encoded) as Uint8Array<ArrayBuffer>;
  const malformed = [
    "",
    name,
    `${name}+${id}`,
    `+${id}+${encoded}`,
    `${name}+${id.toUpperCase()}+${encoded}`,
    `${name}+530d903b+${encoded}`,
    `${name}x+${id}+${encoded}`,
    `${name} +${id}+${encoded}`,
    `${vkey}\n`,
    `${name}+${id}+${encoded.slice(0, -4)}`,
    `${name}+${id}+${b64(concat(Uint8Array.of(4), bytes.subarray(1)))}`,
    `${name}+${id}+${b64(concat(bytes, Uint8Array.of(0)))}`,
  ];
  for (const one of malformed) expect(parseVkey(one)).toEqual({ ok: false, refusal: "malformed-vkey" });
});

test("a key whose base64 has a plus parses, and every key round-trips", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (publicKey) => {
      const bytes = Uint8Array.from(publicKey);
      expect(key(makeVkey("a.example/log", bytes)).publicKey).toEqual(bytes);
    }),
  );
  expect(() => makeVkey("a b", seed(0))).toThrow("key name");
});

test("a signer's name and seed are checked", async () => {
  await expect(makeSigner("two words", seed(1))).rejects.toThrow("key name");
  await expect(makeSigner("a.example/log", utf8("short"))).rejects.toThrow("32 bytes");
});
