/** What an operator may write in WITNESS_POLICY beyond what any tlog-policy may be. */
import { expect, it, test } from "vitest";
import { makeCosigner, makeWitnessVkey } from "#countersign/tlog/cosignature.ts";
import { readWitnessPolicy } from "#config/witness-settings.ts";

const vkeys = await Promise.all(
  Array.from({ length: 15 }, async (_, i) => {
    const { publicKey } = await makeCosigner(`w${i}.example`, new Uint8Array(32).fill(i + 1));
    return makeWitnessVkey(`w${i}.example`, publicKey);
  }),
);

const policyOf = (count: number): string =>
  `${vkeys
    .slice(0, count)
    .map((vkey, i) => `witness w${i} ${vkey} https://w${i}.example/prefix\n`)
    .join("")}quorum none\n`;
const withUrl = (url: string): string => `witness w ${vkeys[0]} ${url}\nquorum w\n`;

const refusalOf = (text: string): string | null => {
  const read = readWitnessPolicy(text);
  return read.ok ? null : read.refusal;
};

it("takes one witness to fourteen", () => {
  expect(refusalOf(policyOf(1))).toBeNull();
  expect(refusalOf(policyOf(14))).toBeNull();
  expect(refusalOf(policyOf(15))).toBe("it has 15 witnesses, and 1 to 14 can be asked");
  expect(refusalOf(policyOf(0))).toBe("it has 0 witnesses, and 1 to 14 can be asked");
});

it("says which line is no policy's", () => {
  expect(refusalOf("# two lines\nwitness w\n")).toMatch(/^line 2: /);
});

test.each([
  "https://w.example",
  "https://w.example/a/b/",
  "https://w.example:8443/",
  "http://localhost:9000",
  "http://127.0.0.1/",
  "http://[::1]:1",
])("takes %s", (url) => {
  expect(refusalOf(withUrl(url))).toBeNull();
});

test.each([
  "",
  "w.example",
  "http://w.example",
  "http://localhost.example",
  "ftp://w.example",
  "https://user@w.example",
  "https://:secret@w.example",
  "https://w.example?a=b",
  "https://w.example#a",
])("refuses %j", (url) => {
  expect(refusalOf(withUrl(url))).toBe("the witness w needs the URL of its submission prefix: https, or http on this machine");
});
