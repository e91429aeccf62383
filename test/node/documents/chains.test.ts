/** Who called whom, as requests, calls and records name it. */
import { describe, expect, it } from "vitest";
import { callEntry, callShape } from "#countersign/documents/call.ts";
import { chainShape, isChainOf, qualifiedTool } from "#countersign/documents/agents/chain.ts";
import { requestHash, requestShape, topOf } from "#countersign/documents/request.ts";
import { hex } from "#countersign/encoding/bytes.ts";
import { hashJson } from "#countersign/json/canonical-json.ts";
import { fit } from "#countersign/json/shape.ts";
import { leafHash } from "#countersign/tlog/merkle.ts";
import vectors from "#test/vectors/chains.json" with { type: "json" };

const CHAIN = vectors.call.call.chain;

describe("the vectors", () => {
  it("of a request that names its chain", () => {
    const read = fit(requestShape, vectors.request);
    if (!read.ok) throw new Error(read.refusal);
    expect(requestHash(read.value)).toBe("40c8d63d1b0bd600c1856a8b915f93bf3b53917a3ded11c9c46b37fcd5883867");
    expect(requestHash(read.value)).toBe(vectors.request_hash);
    expect(topOf(read.value)).toEqual({ id: "agt_planner", name: "planner" });
  });

  it("of a call that names its chain", () => {
    const { call, salt, call_hash, entry, leaf_hash } = vectors.call;
    const read = fit(callShape, call);
    if (!read.ok) throw new Error(read.refusal);
    expect(hex(hashJson(read.value))).toBe(call_hash);
    expect(hex(callEntry(read.value, salt))).toBe("01d66662185baeec8d4b6bc6763414ce2b703d996ea3e792b54f007e9617698b90");
    expect(hex(callEntry(read.value, salt))).toBe(entry);
    expect(hex(leafHash(callEntry(read.value, salt)))).toBe(leaf_hash);
  });

  it.each(vectors.refused)("of a chain $why are refused", ({ chain }) => {
    expect(fit(chainShape, chain).ok).toBe(false);
    expect(fit(callShape, { ...vectors.call.call, chain }).ok).toBe(false);
    expect(fit(requestShape, { ...vectors.request, context: { ...vectors.request.context, chain } }).ok).toBe(false);
  });
});

it("a chain is that of the agent which is its last, by id and by name", () => {
  const [planner, bot] = CHAIN;
  if (planner === undefined || bot === undefined) throw new Error("no vector");
  expect([bot, planner, { ...bot, name: "other" }, { ...bot, id: "agt_other" }].map((agent) => isChainOf(CHAIN, agent))).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

it.each([
  ["files.read_file", true],
  ["files.resources/read", true],
  ["files.a.b", true],
  ["files", false],
  ["files.", false],
  [".read_file", false],
  ["Files.read_file", false],
  ["files.read file", false],
  [`files.${"a".repeat(129)}`, false],
])("%s names a tool with its server: %s", (name, isOne) => {
  expect(fit(qualifiedTool, name).ok).toBe(isOne);
});
