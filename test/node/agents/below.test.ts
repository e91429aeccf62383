/** What a key below is for: never more than that of the agent above, and nothing beside it. */
import { describe, expect, it } from "vitest";
import { type CallScope, mayCall, mayEnter, scopeWithin } from "#rules/agents/below.ts";

const ALL: CallScope = { servers: null, tools: null };
const NARROW: CallScope = { servers: ["files", "mail"], tools: ["files.read", "mail.send", "files.a.b"] };
const ASKED = { servers: null, tools: null };

describe("what it may call", () => {
  it.each<[string, CallScope | undefined, string, string, boolean]>([
    ["anything, where nobody is above", undefined, "files", "read", true],
    ["anything, where nothing is said", ALL, "files", "read", true],
    ["any tool of its servers", { servers: ["files"], tools: null }, "files", "write", true],
    ["no tool of other servers", { servers: ["files"], tools: null }, "mail", "send", false],
    ["no tool of a server whose name begins alike", { servers: null, tools: ["files.read"] }, "file", "s.read", false],
    ["its tools", { servers: null, tools: ["files.read"] }, "files", "read", true],
    ["a tool with a dot in its name", NARROW, "files", "a.b", true],
    ["no other tool", NARROW, "files", "write", false],
    ["no tool of a server that is not among its own, though the tool is", { servers: [], tools: ["files.read"] }, "files", "read", false],
    ["nothing of none", { servers: [], tools: null }, "files", "read", false],
    ["nothing where no tool is said", { servers: null, tools: [] }, "files", "read", false],
  ])("is %s", (_, scope, server, tool, may) => {
    expect(mayCall(scope, server, tool)).toBe(may);
  });

  it("is at servers of which it may call something", () => {
    expect(["files", "mail", "git"].map((server) => mayEnter(NARROW, server))).toEqual([true, true, false]);
    expect(["files", "git"].map((server) => mayEnter({ servers: null, tools: ["files.read"] }, server))).toEqual([true, false]);
    expect([mayEnter(undefined, "files"), mayEnter(ALL, "files"), mayEnter({ servers: null, tools: [] }, "files")]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe("what it is for", () => {
  it.each<[string, CallScope | undefined, typeof ASKED | Partial<Record<"servers" | "tools", string[]>>, CallScope | null]>([
    ["all, if nobody is above and nothing is said", undefined, {}, ALL],
    [
      "what is said, below one that may do all",
      ALL,
      { servers: ["files"], tools: ["files.read"] },
      { servers: ["files"], tools: ["files.read"] },
    ],
    ["all that the one above may, if nothing is said", NARROW, {}, NARROW],
    ["some of its servers, with all its tools", NARROW, { servers: ["mail"] }, { servers: ["mail"], tools: NARROW.tools }],
    ["nothing", NARROW, { servers: [], tools: [] }, { servers: [], tools: [] }],
    ["no other server", NARROW, { servers: ["mail", "git"] }, null],
    ["no other tool", NARROW, { tools: ["files.read", "files.write"] }, null],
    ["no tool of another server", { servers: ["files"], tools: null }, { tools: ["mail.send"] }, null],
    ["no tool of a server that it does not name itself", ALL, { servers: ["files"], tools: ["mail.send"] }, null],
  ])("is %s", (_, above, asked, scope) => {
    expect(scopeWithin(above, { ...ASKED, ...asked })).toEqual(scope);
  });
});

it("whatever is made below whatever: nothing may be called below that may not be above", () => {
  const servers = [null, [], ["files"], ["files", "mail"]];
  const tools = [null, [], ["files.read"], ["files.read", "mail.send"], ["mail.send"]];
  const every = servers.flatMap((some) => tools.map((few) => ({ servers: some, tools: few })));
  let made = 0;
  for (const above of every)
    for (const wish of every) {
      const scope = scopeWithin(above, wish);
      if (scope === null) continue;
      made += 1;
      for (const server of ["files", "mail", "git"])
        for (const tool of ["read", "send", "write"])
          expect(mayCall(scope, server, tool) && !mayCall(above, server, tool), JSON.stringify([above, wish, server, tool])).toBe(false);
    }
  expect(made).toBeGreaterThan(100);
});
