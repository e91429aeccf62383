/**
 * What a payload can be made of so that looking at it takes long: whatever fills 64 KiB, and whatever stands before it, it is looked at
 * within the time of a test. Where a pattern looks at the same stretch again and again, it takes minutes.
 */
import { describe, expect, test } from "vitest";
import { readCode } from "#pages/kit/value/code.ts";
import { looksOf } from "#rules/reading/look/looks.ts";
import { payloadMarks } from "#rules/reading/payload-marks.ts";

const BYTES = 60_000;
/** What a pattern begins with. */
const HEADS = [
  ..."select,insert,update,update a,delete,drop,truncate,truncate table,truncate a,alter,create,create or,create temp,grant,grant a,revoke,merge".split(
    ",",
  ),
  ..."with,with a,with a as,rm,rm -r,curl,wget a,bash -c,base64 -d,dd,dd of=,mkfs,chmod,git push,git,kubectl,kubectl -n,terraform,docker".split(
    ",",
  ),
  ..."aws s3,nc,:(){,sudo,su,shutdown,find,chown,crontab,passwd,Plan: ,# a,> /etc,https://,https://a@,a@,a@b.,5,EUR ,--- a,@@ -1,1 =,{,--env=,://".split(
    ",",
  ),
  ...'--,/*,\',",`,;,#,key:,- ,{"a":,$'.split(","),
  "",
];
/** What goes on and on behind it; what it ends with fits no pattern. */
const FILLS = [" ", "\n", "a", "a ", "-"];
const OTHERS = ["\t", "- ", ".", ",", ";", "0", "_", "a.", "a\n", "=", "'", "\\", "\u00a0"];

/** All that is done with a text, and in a condition; the most that is found. */
function lookAt(text: string): number {
  readCode(text.slice(0, 40_000), "query");
  const payload = { query: text };
  const marks = payloadMarks(payload);
  return Math.max(marks.length, looksOf(payload, marks, { action: "delete_rows", past: [] }).length);
}

describe("64 KiB of", () => {
  test.each(FILLS)("%j behind each word that a pattern begins with", (fill) => {
    for (const head of HEADS) expect(lookAt(`${head}${fill.repeat(BYTES / fill.length)}\u0001x;`)).toBeLessThanOrEqual(400);
  });

  test.each([...FILLS, ...OTHERS, ...HEADS.filter((head) => head !== "").map((head) => `${head} `)])("%j again and again", (unit) => {
    expect(lookAt(`${unit.repeat(BYTES / unit.length)}\u0001x;`)).toBeLessThanOrEqual(400);
  });
});
