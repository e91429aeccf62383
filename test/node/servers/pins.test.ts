/** Pins hold whatever a server lists: over random histories of listings and acceptances nothing is callable but what was accepted just as it is listed. */
import { describe, expect, test } from "vitest";
import { readPolicyDocument } from "#countersign/policy/document/read-policy-document.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { toolPin } from "#countersign/documents/tool-pin.ts";
import { callable } from "#rules/calls/callable.ts";
import { listedItems } from "#rules/calls/tools/listed-items.ts";
import { proposedRules, toolClass } from "#countersign/policy/proposing/tool-rules.ts";
import { withRules } from "#countersign/policy/proposing/with-rules.ts";
import { driftOf, seenItems, unacceptedOf } from "#rules/calls/server-listing.ts";
import type { AcceptedTool } from "#rules/calls/server-settings.ts";
import { toolStandings } from "#rules/calls/tools/tool-states.ts";

/** Mulberry32: the same numbers in each run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Names of the rules of a policy's text. */
function rulesIn(text: string): string[] {
  const read = readPolicyDocument(text);
  if (!read.ok) throw new Error(JSON.stringify(read.refusal));
  return (read.value.document.rules ?? []).map(({ name }) => name);
}

const NAMES = ["read", "write", "drop", "resume_call", "has blanks", "prompts/get"];

test("no history of listings makes anything callable that was not signed for as it was last listed", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const next = random(seed);
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)] as Item;
    let accepted: AcceptedTool[] = [];
    let drifted: string[] = [];
    let listing: JsonObject[] = [];
    for (let step = 0; step < 30; step++) {
      if (next() < 0.6) {
        listing = Array.from({ length: Math.floor(next() * 5) }, () => ({
          name: pick(NAMES),
          description: pick(["one", "two"]),
          inputSchema: {},
        }));
        const items = seenItems({ instructions: null, tools: listing, prompts: [], unreadable: { tools: [], prompts: [] } });
        drifted = [...new Set([...drifted, ...driftOf(accepted, items)])];
      } else {
        const items = seenItems({ instructions: null, tools: listing, prompts: [], unreadable: { tools: [], prompts: [] } });
        accepted = items.flatMap((item) => (item.problem === null && next() < 0.7 ? [item.tool] : []));
        drifted = driftOf(accepted, items);
      }
      const items = seenItems({ instructions: null, tools: listing, prompts: [], unreadable: { tools: [], prompts: [] } });
      const server = { accepted, drifted, unaccepted: unacceptedOf(accepted, items) };
      for (const name of [...NAMES, "toString", "__proto__", ""]) {
        const found = callable(server, name);
        if (!found.ok) continue;
        const listed = listing.filter((tool) => tool["name"] === name);
        expect(listed).toHaveLength(1);
        expect(toolPin(listed[0] ?? {})).toBe(found.value.pin);
        expect(accepted).toContain(found.value);
        expect(["read", "write", "drop"]).toContain(name);
      }
    }
  }
});

describe("what is listed", () => {
  const answer = (tools: string, more = "") => `{"jsonrpc":"2.0","id":1,"result":{"tools":[${tools}]${more}}}`;

  test("is read tool by tool, whatever stands in one of them", () => {
    const read = listedItems(
      answer('{"name":"a","x":"]}\\"{["},{"name":"b","name":"c"}, {"name":"d","n":1e400},{"name":"e"}', ',"nextCursor":"2"'),
      "tools",
    );
    expect(read?.items).toEqual([{ name: "a", x: ']}"{[' }, { name: "e" }]);
    expect(read?.unreadable).toEqual([
      { name: "c", message: "$.name: a key may appear once in an object" },
      { name: "d", message: expect.stringContaining("$.n") as string },
    ]);
    expect(read?.nextCursor).toBe("2");
  });

  test.each([
    ['{"result":{"tools":[]},"result":{"tools":[{"name":"a"}]}}'],
    ['{"result":{"tools":[],"tools":[{"name":"a"}]}}'],
    ['[{"result":{"tools":[]}}]'],
    ['{"result":{"tools":{}}}'],
    ['{"error":{}}'],
    ["tools"],
    [""],
  ])("%s is no listing", (text) => expect(listedItems(text, "tools")).toBeNull());

  test("of items that are no objects nothing is accepted", () => {
    const read = listedItems(answer('1,null,[],{"title":"no name"},{"name":7}'), "tools");
    expect(read?.items).toEqual([]);
    expect(read?.unreadable).toHaveLength(5);
  });
});

test("a rename is a removal and an addition", () => {
  const definition = { name: "a", title: null, description: "A.", inputSchema: {}, outputSchema: null, annotations: null, _meta: null };
  const renamed = { ...definition, name: "b" };
  const accepted = [{ name: "a", pin: toolPin(definition), definition }];
  const listed = [{ name: "b", problem: null, message: null, pin: toolPin(renamed), definition: renamed }];
  expect(toolStandings({ accepted, listed, drifted: ["a"] }).map(({ name, state }) => [name, state])).toEqual([
    ["a", "gone"],
    ["b", "new"],
  ]);
});

describe("a proposed rule", () => {
  test.each<[JsonObject, string]>([
    [{ name: "get_ticket" }, "read-only"],
    [{ name: "listUsers", annotations: { readOnlyHint: true } }, "read-only"],
    [{ name: "get_and_delete" }, "irreversible"],
    [{ name: "search", annotations: { destructiveHint: true } }, "irreversible"],
    [{ name: "delete_all", annotations: { readOnlyHint: true, destructiveHint: false } }, "irreversible"],
    [{ name: "add_comment" }, "harmless write"],
    [{ name: "updateTicket" }, "reversible change"],
    [{ name: "frobnicate" }, "reversible change"],
    [{ name: "read_query", inputSchema: { type: "object", properties: { sql: { type: "string" } } } }, "irreversible"],
    [{ name: "get_status", inputSchema: { properties: { env: { enum: ["staging", "production"] } } } }, "production"],
    [{ name: "deploy_service" }, "production"],
  ])("takes %j for %s", (definition, kind) => expect(toolClass(definition)).toBe(kind));

  test("is a policy, alone and after the rules of another, and takes nothing from them", () => {
    const rules = proposedRules("tickets", [{ name: "get_ticket" }, { name: "get-ticket" }, { name: "deploy" }]);
    expect(rules.map(({ text }) => text.split("\n")[0])).toEqual([
      "- name: tickets-get-ticket",
      "- name: tickets-get-ticket-2",
      "- name: tickets-deploy",
    ]);
    expect(
      rulesIn(
        withRules(
          "",
          rules.map(({ text }) => text),
        ),
      ),
    ).toEqual(["tickets-get-ticket", "tickets-get-ticket-2", "tickets-deploy"]);
    const own =
      "type: countersign/policy@v1\nrules:\n    - name: own\n      match: { tool: x }\n      effect: deny\n\n# The end.\ndefaults: { effect: deny }\n";
    expect(
      rulesIn(
        withRules(
          own,
          rules.map(({ text }) => text),
        ),
      ),
    ).toEqual(["own", "tickets-get-ticket", "tickets-get-ticket-2", "tickets-deploy"]);
    const flow = '{"type":"countersign/policy@v1","rules":[]}';
    expect(
      withRules(
        flow,
        rules.map(({ text }) => text),
      ),
    ).toContain("# Proposed");
  });
});
