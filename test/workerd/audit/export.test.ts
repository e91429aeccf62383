/** The record exported: complete, resumable after a break at any byte, strict CSV, and nothing in it that a spreadsheet runs. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { AuditEntry } from "#api/audit/audit-data.ts";
import { type Agent, ask, decided } from "#test/workerd/support/approvals.ts";
import { everyEntry, exported, recordPage } from "#test/workerd/support/audit/record.ts";
import { putEntries } from "#test/workerd/support/audit/put-entries.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";

let alex: Someone;
let kim: Someone;
let agent: Agent;
const HOSTILE = ['=HYPERLINK("http://x","y")', "+1", "-2+3", "@SUM(A1)", 'says "hi", then\nmore', "plain"];

beforeAll(async () => {
  alex = await enrolFirst();
  kim = await admitted(alex, "kim", ["auditor"]);
  agent = await makeAgent(alex, "=bot,1");
  for (const action of HOSTILE) await decided(alex, (await ask(agent, { action })).request_id, "denied");
  await recordPage(kim);
  // More than are read at a time.
  await putEntries(env.AUDIT, 1_200);
});

interface Line extends AuditEntry {
  cursor: string;
}
const lines = (text: string): (Line & { end?: boolean; rows?: number })[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);

/** RFC 4180, to the letter: a quote only in a quoted cell, and doubled; lines end with CR LF. */
function strictCsv(text: string): string[][] {
  const rows: string[][] = [];
  let [row, at]: [string[], number] = [[], 0];
  while (at < text.length) {
    const cell = /"(?:[^"]|"")*"|[^",\r\n]*/y;
    cell.lastIndex = at;
    const found = cell.exec(text)?.[0] ?? "";
    row.push(found.startsWith('"') ? found.slice(1, -1).replaceAll('""', '"') : found);
    at += found.length;
    if (text.startsWith(",", at)) at += 1;
    else if (text.startsWith("\r\n", at)) {
      rows.push(row);
      row = [];
      at += 2;
    } else throw new Error(`not CSV at ${at}: ${text.slice(at, at + 20)}`);
  }
  expect(row).toEqual([]);
  return rows;
}

describe("NDJSON", () => {
  it("has every entry once, the oldest first, and says at the end that this is all", async () => {
    const all = lines(await exported(kim, "format=ndjson"));
    const end = all.pop();
    expect(end).toMatchObject({ end: true, rows: all.length });
    expect(end).not.toHaveProperty("cursor");
    expect(all.map(({ id }) => id)).toEqual((await everyEntry(kim)).map(({ id }) => id).toReversed());
  });

  it("goes on from any line that arrived whole", async () => {
    const whole = await exported(kim, "format=ndjson");
    for (const cut of [0, 100, 5_000, Math.floor(whole.length / 2), whole.length - 3]) {
      const arrived = whole.slice(0, cut).split("\n").slice(0, -1);
      const last = arrived.at(-1);
      const cursor = last === undefined ? "" : `&cursor=${(JSON.parse(last) as Line).cursor}`;
      const rest = lines(await exported(kim, `format=ndjson${cursor}`)).slice(0, -1);
      expect([...lines(arrived.join("\n")), ...rest].map(({ id }) => id)).toEqual(
        lines(whole)
          .slice(0, -1)
          .map(({ id }) => id),
      );
    }
  });

  it("says of no more leaves that nothing is missing than had been taken in when it began", async () => {
    const { taken_in: before } = await recordPage(kim);
    const { body } = await call("GET", "/api/v1/audit/export?format=ndjson", { cookie: kim.cookie, origin: null });
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader?.read())?.value ?? "";
    await decided(alex, (await ask(await makeAgent(alex, "late"))).request_id, "denied");
    expect((await recordPage(kim)).taken_in.leaves).toBeGreaterThan(before.leaves);
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) text += part.value;
    expect(lines(text).at(-1)).toMatchObject({ end: true, taken_in: before });
  });

  it("has what is searched for and nothing else", async () => {
    const all = lines(await exported(kim, `format=ndjson&kind=approval.denied&agent=${agent.id}`));
    expect(all.slice(0, -1).map(({ text }) => text)).toEqual(HOSTILE);
  });
});

describe("CSV", () => {
  it("is strict, every row of the same width, with a last row that says that this is all", async () => {
    const rows = strictCsv(await exported(kim, "format=csv"));
    const [head, ...rest] = rows;
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([head?.length]));
    const end = rest.pop() ?? [];
    expect(end[head?.indexOf("kind") ?? 0]).toBe("end");
    expect(end[head?.indexOf("text") ?? 0]).toMatch(new RegExp(`^rows ${rest.length}, leaves \\d+ of \\d+$`));
    expect(head?.at(-1)).toBe("cursor");
    const cut = rest[700]?.at(-1);
    const further = strictCsv(await exported(kim, `format=csv&cursor=${cut}`)).slice(0, -1);
    expect(further).toEqual(rest.slice(701));
  });

  it("has no cell that a spreadsheet would take for a formula", async () => {
    const [head = [], ...rows] = strictCsv(await exported(kim, `format=csv&kind=approval&agent=${agent.id}`));
    for (const row of rows) for (const cell of row) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
    const at = head.indexOf("text");
    expect(rows.slice(0, -1).map((row) => row[at])).toEqual(HOSTILE.map((text) => (/^[=+\-@]/.test(text) ? `'${text}` : text)));
    expect(rows[0]?.[head.indexOf("agent_name")]).toBe("'=bot,1");
  });
});

it("is a file for admins and auditors alone, in a format that there is", async () => {
  const sam = await admitted(alex, "sam", ["approver"]);
  const get = (who: Someone, query: string) => call("GET", `/api/v1/audit/export${query}`, { cookie: who.cookie, origin: null });
  expect(await outcome(await get(sam, "?format=csv"))).toEqual([403, "forbidden"]);
  for (const query of ["", "?format=xlsx", "?format=csv&cursor=!", "?format=csv&from=never"])
    expect(await outcome(await get(kim, query)), query).toEqual([400, "invalid_request"]);
  const { headers } = await get(kim, "?format=csv&kind=grant");
  expect(headers.get("content-disposition")).toBe('attachment; filename="countersign-record.csv"');
  expect(headers.get("content-type")).toMatch(/^text\/csv/);
});

describe("saved filters", () => {
  const put = (who: Someone, name: string, filter: object) =>
    call("PUT", `/api/v1/audit/filters/${encodeURIComponent(name)}`, { cookie: who.cookie, body: { filter } });
  const names = async (who: Someone) => {
    const answer = await call("GET", "/api/v1/audit/filters", { cookie: who.cookie, origin: null });
    return (await answer.json<{ items: { name: string; filter: object }[] }>()).items.map(({ name, filter }) => [name, filter]);
  };

  it("are each one's own, in the place of what had that name, and forgotten", async () => {
    expect((await put(kim, "March <exports>", { kind: "approval", q: "export" })).status).toBe(200);
    expect((await put(kim, "March <exports>", { kind: "approval.approved" })).status).toBe(200);
    expect((await put(alex, "mine", { status: "denied" })).status).toBe(200);
    expect(await names(kim)).toEqual([["March <exports>", { kind: "approval.approved" }]]);
    expect(await (await call("GET", "/audit", { cookie: kim.cookie, origin: null })).text()).not.toContain("<exports>");
    for (let n = 0; n < 2; n++) expect((await call("DELETE", "/api/v1/audit/filters/mine", { cookie: kim.cookie })).status).toBe(204);
    expect(await names(alex)).toEqual([["mine", { status: "denied" }]]);
    expect((await call("DELETE", `/api/v1/audit/filters/${encodeURIComponent("March <exports>")}`, { cookie: kim.cookie })).status).toBe(
      204,
    );
    expect(await names(kim)).toEqual([]);
  });

  it("are at most fifty, and hold nothing but what can be looked for", async () => {
    for (let n = 0; n < 50; n++) expect((await put(kim, `filter ${n}`, {})).status).toBe(200);
    expect(await outcome(await put(kim, "one more", {}))).toEqual([400, "invalid_request"]);
    expect((await put(kim, "filter 7", { q: "again" })).status).toBe(200);
    for (const [name, filter] of [
      ["filter 8", { kind: "A" }],
      ["filter 8", { q: 5 }],
      ["", {}],
      ["a".repeat(61), {}],
      ["a\u202eb", {}],
    ] as const)
      expect((await put(kim, name, filter)).status, name).toBeGreaterThanOrEqual(400);
    expect((await names(kim)).find(([name]) => name === "filter 8")).toEqual(["filter 8", {}]);
  });
});
