/** Strict readers of what authenticators encode, byte by byte. */
import { describe, expect, it } from "vitest";
import { type Bytes, concat, fromHex } from "#countersign/encoding/bytes.ts";
import { isCanonicalMap } from "#countersign/webauthn/cbor.ts";
import { readDerSignature } from "#countersign/webauthn/der-signature.ts";

const bytes = (hexadecimal: string): Bytes => {
  const decoded = fromHex(hexadecimal.replaceAll(" ", ""));
  if (decoded === null) throw new Error("not hexadecimal");
  return decoded;
};
const component = (low: number): Bytes => concat(new Uint8Array(31), Uint8Array.of(low));

describe("a DER signature", () => {
  it("gives r and s, 32 bytes each", () => {
    expect(readDerSignature(bytes("3006 020101 020102"))).toEqual(concat(component(1), component(2)));
    expect(readDerSignature(bytes("3007 020101 02020080"))).toEqual(concat(component(1), component(0x80)));
  });

  it.each([
    ["nothing", ""],
    ["a length too small", "3005 020101 020102"],
    ["a length too large", "3007 020101 020102"],
    ["a length in two bytes", "308106 020101 020102"],
    ["bytes after s", "3008 020101 020102 0500"],
    ["bytes after the sequence", "3006 020101 020102 00"],
    ["an r that ends beyond the end", "3006 020501 020102"],
    ["an s that ends beyond the end", "3006 020101 020202"],
    ["a padded integer", "3007 02020001 020102"],
    ["a negative integer", "3006 020180 020102"],
    ["zero", "3006 020100 020102"],
    ["an integer without bytes", "3005 0200 020102"],
    ["another tag than INTEGER", "3006 020101 030102"],
    ["another tag than SEQUENCE", "3106 020101 020102"],
    ["one integer", "3003 020101"],
  ])("is refused with %s", (_, encoded) => {
    expect(readDerSignature(bytes(encoded))).toBeNull();
  });
});

describe("a canonical CBOR map", () => {
  it.each([
    ["empty", "a0"],
    ["an integer of each size", "a5 6161 17 6162 1818 6163 190100 6164 1a00010000 6165 1affffffff"],
    ["a negative integer", "a1 6161 390100"],
    ["bytes, text, list, map", "a4 6161 420001 6162 626869 6163 820102 6164 a1616100"],
    ["false, true, null", "a3 6161 f4 6162 f5 6163 f6"],
    ["keys by length, then by bytes", "a3 617a 00 626161 00 626162 00"],
    ["four levels", "a1 6161 a1 6161 81 80"],
  ])("is accepted: %s", (_, encoded) => {
    expect(isCanonicalMap(bytes(encoded))).toBe(true);
  });

  it.each([
    ["nothing", ""],
    ["no map", "80"],
    ["bytes after it", "a000"],
    ["a member missing", "a2 6161 00"],
    ["a value missing", "a1 6161"],
    ["a member too many", "a0 6161 00"],
    ["an indefinite map", "bf 6161 00 ff"],
    ["an indefinite text", "a1 6161 7f6161ff"],
    ["a map's length in a longer form", "b801 6161 00"],
    ["a value in a longer form", "a1 6161 1817"],
    ["a value in a longer form of two bytes", "a1 6161 1900ff"],
    ["a value in a longer form of four bytes", "a1 6161 1a0000ffff"],
    ["a value of 64 bits", "a1 6161 1b0000000100000000"],
    ["a value cut off", "a1 6161 19ff"],
    ["bytes cut off", "a1 6161 4200"],
    ["bytes that claim the next member", "a2 6161 45 00 6162 00"],
    ["text cut off", "a1 6161 6261"],
    ["text that is not ASCII", "a1 6161 62c3a9"],
    ["a key that is not ASCII", "a1 62c3a9 00"],
    ["a key that is a number", "a1 01 00"],
    ["a key twice", "a2 6161 00 6161 00"],
    ["keys out of order", "a2 6162 00 6161 00"],
    ["a longer key before a shorter one", "a2 626161 00 617a 00"],
    ["a tag", "a1 6161 c000"],
    ["a float", "a1 6161 f90000"],
    ["undefined", "a1 6161 f7"],
    ["a simple value", "a1 6161 f820"],
    ["a reserved head", "a1 6161 1c"],
    ["five levels of maps", "a1 6161 a1 6161 a1 6161 a1 6161 a0"],
    ["five levels of lists", "a1 6161 81 81 81 80"],
  ])("is refused: %s", (_, encoded) => {
    expect(isCanonicalMap(bytes(encoded))).toBe(false);
  });
});
