/** The log's pages: what strangers see, what people find, and that nothing private ever stands there. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ApprovalRequest } from "#durable-objects/approval-request.ts";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { type Agent, ask, askFor, decided, personAndAgent } from "#test/workerd/support/approvals.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { call, type Someone } from "#test/workerd/support/people.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { eraseByHand } from "#test/workerd/support/erasure/erasing.ts";

const ALLOWED = { ALLOW_REVEAL: "true" } as const;
const SECRET = { payload: { customer: "Customer-4711" }, action: "Refund Customer-4711", reason: "Complaint-12" };
const meter = new PlatformMeter(env.DB, { ApprovalRequest });

let person: Someone;
let agent: Agent;
beforeEach(async () => {
  ({ person, agent } = await personAndAgent());
});
afterEach(emptyStorage);

async function page(path: string, cookie?: string, settings: { ALLOW_REVEAL?: string } = ALLOWED): Promise<string> {
  const answer = await call("GET", path, { cookie, settings, origin: null });
  expect([path, answer.status, answer.headers.get("cache-control")]).toEqual([path, 200, "no-store"]);
  expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
  return answer.text();
}
const lastIndex = async (): Promise<number> => (await env.DB.prepare("SELECT max(idx) AS last FROM log_leaf").first<number>("last")) ?? -1;
const textOf = (html: string): string => html.replaceAll(/<[^>]*>/g, "").replaceAll(/\s+/g, " ");

async function askToReveal(body = {}): Promise<string> {
  const answer = await askFor(agent, { reveal: true, ...SECRET, ...body }, {}, ALLOWED);
  return (await answer.json<AgentView>()).request_id;
}

describe("the log's page", () => {
  test("shows strangers where the log stands, and hashes", async () => {
    const checkpoint = await (await call("GET", "/log/checkpoint")).text();
    const vkey = await (await call("GET", "/log/vkey")).text();
    const [origin = "", size = "", root = ""] = checkpoint.split("\n");
    const shown = await page("/log");
    const said = textOf(shown);
    expect(said).toContain(origin);
    expect(said).toContain(`Entries${size}`);
    expect(said).toContain(vkey.trim());
    const rootHex = Array.from(atob(root), (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
    expect(said.replaceAll(" ", "")).toContain(rootHex);
    for (let index = 0; index <= (await lastIndex()); index++) expect(shown).toContain(`href="/log/entry/${index}"`);
    expect(shown).not.toContain("<script");
    expect(shown).not.toContain(" style=");
  });

  test.each(["approved", "denied"] as const)("says nothing of what was asked in private and %s", async (verdict) => {
    const { request_id: id } = await ask(agent, SECRET);
    await decided(person, id, verdict, { comment: "Between-us" });
    for (const path of ["/log", `/log/entry/${await lastIndex()}`]) {
      const shown = await page(path);
      for (const word of [id, "Customer-4711", "Complaint-12", "Between-us", "release-bot", "alex", person.id, "approval."]) {
        expect([path, word, shown.includes(word)]).toEqual([path, word, false]);
      }
    }
  });

  test("says what is public of an approved request, and of no other end", async () => {
    const denied = await askToReveal();
    await decided(person, denied, "denied");
    expect(await page("/log")).not.toContain("Customer-4711");
    expect(await page(`/log/entry/${await lastIndex()}`)).not.toContain("Customer-4711");

    const approved = await askToReveal();
    await decided(person, approved, "approved", { comment: "Between-us" });
    const index = await lastIndex();
    expect(textOf(await page("/log"))).toContain("Approved: Refund Customer-4711");
    const entry = await page(`/log/entry/${index}`);
    for (const word of ["Customer-4711", "Complaint-12", "release-bot", approved, "alex"]) expect(entry).toContain(word);
    for (const word of ["Between-us", "Alex Example"]) expect(entry).not.toContain(word);
    expect(await page("/log", undefined, {})).not.toContain("Customer-4711");
    expect(await page(`/log/entry/${index}`, undefined, {})).not.toContain("Customer-4711");
  });

  test("shows hostile text as what it is", async () => {
    const hostile = "<img src=x onerror=alert(1)></script> \u202Egnp.exe \u200B\u{E0041}";
    await decided(person, await askToReveal({ action: hostile, reason: hostile, payload: { [hostile]: hostile } }), "approved");
    for (const path of ["/log", `/log/entry/${await lastIndex()}`]) {
      const shown = await page(path);
      expect(shown).not.toContain("<img");
      expect(shown).not.toMatch(/[\u202e\u200b\u{e0041}]/u);
      for (const code of ["U+202E", "U+200B", "U+E0041"]) expect(shown).toContain(code);
    }
  });

  test("is paged, and takes anything for an index", async () => {
    for (let asked = 0; asked < 8; asked++) await decided(person, (await ask(agent)).request_id, "denied");
    const newest = await lastIndex();
    const indices = async (path: string) =>
      [...(await page(path)).matchAll(/class="what" href="\/log\/entry\/(\d+)"/g)].map(([, at]) => Number(at));
    const down = (from: number) => Array.from({ length: Math.min(20, from) }, (_, i) => from - 1 - i);
    expect(await indices("/log")).toEqual(down(newest + 1));
    expect(await indices("/log?before=3")).toEqual([2, 1, 0]);
    expect(await page("/log?before=3")).toContain(`href="/log?before=${newest + 1}"`);
    for (const none of ["0", "-1", "01", "x", "9007199254740993", "99999", ""]) {
      expect(await indices(`/log?before=${none}`)).toEqual(down(newest + 1));
    }
  });

  test.each(["-1", "00", "99", "x", "9007199254740993"])("has no entry %s", async (index) => {
    const answer = await call("GET", `/log/entry/${index}`);
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([404, "no-store"]);
  });

  test("an entry is shown with a proof that others can check", async () => {
    const shown = await page("/log/entry/0");
    expect(shown).toContain("c2sp.org/tlog-proof@v1\nindex 0\n");
    expect(textOf(shown)).toContain("The log began with this entry");
    const entry = await env.DB.prepare("SELECT lower(hex(entry)) AS entry FROM log_leaf WHERE idx = 0").first<string>("entry");
    expect(textOf(shown).replaceAll(" ", "")).toContain(`Entry${entry ?? "none"}Leaf`);
  });
});

describe("the search", () => {
  const seek = async (id: string, cookie?: string): Promise<string> => textOf(await page(`/log?request=${encodeURIComponent(id)}`, cookie));
  const NOTHING = "There is no request of this id that you may see.";

  test("leads people to the entry and the receipt of what they may see", async () => {
    const { request_id: id } = await ask(agent, SECRET);
    expect(await seek(id, person.cookie)).toContain("has not ended, so the log does not have it yet");
    await decided(person, id, "approved");
    const shown = await page(`/log?request=${id}`, person.cookie);
    expect(textOf(shown)).toContain(`This request was approved. It is entry ${await lastIndex()}`);
    for (const link of [`/log/entry/${await lastIndex()}`, `/api/v1/approvals/${id}/receipt`, `/a/${id}`])
      expect(shown).toContain(`href="${link}"`);
  });

  test("is not for strangers, who wake nothing with it", async () => {
    const { request_id: id } = await ask(agent, SECRET);
    meter.take();
    const shown = await seek(id);
    expect(shown).not.toContain(NOTHING);
    expect(shown).not.toContain("This request");
    expect(meter.take().objectRequests).toEqual({});
  });

  test("answers the same of what is unknown, malformed, and somebody else's", async () => {
    const { request_id: theirs } = await ask(agent, SECRET);
    const answers = new Set<string>();
    const other = await admitted(person, "blair", ["admin"]);
    for (const id of [theirs, theirs.replace(/.$/, (last) => (last === "A" ? "B" : "A")), "apr_x", "", "<b>"]) {
      const shown = await page(`/log?request=${encodeURIComponent(id)}`, other.cookie);
      answers.add(shown.replace(/value="[^"]*"/, ""));
      expect(shown).toContain(NOTHING);
    }
    expect(answers.size).toBe(1);
  });

  test("wakes no object for an id that this service did not make", async () => {
    meter.take();
    await seek(`apr_${"A".repeat(32)}`, person.cookie);
    expect(meter.take().objectRequests).toEqual({});
  });
});

describe("an entry that is not public", () => {
  /** The indices of everything the log says of this request. */
  const leavesOf = async (id: string): Promise<number[]> => {
    const { results } = await env.DB.prepare("SELECT idx FROM log_leaf WHERE idem LIKE ?1 ORDER BY idx")
      .bind(`${id}:%`)
      .all<{ idx: number }>();
    return results.map(({ idx }) => idx);
  };
  async function used(): Promise<string> {
    const { request_id: id } = await ask(agent, { ...SECRET, approvers: { users: ["sam"] } });
    await decided(sam, id, "approved");
    const post = (what: string, body: object) => call("POST", `/api/v1/approvals/${id}/${what}`, { key: agent.key, origin: null, body });
    expect((await post("redeem", { payload: SECRET.payload })).status).toBe(200);
    expect((await post("outcome", { outcome: "succeeded" })).status).toBe(200);
    return id;
  }
  let sam: Someone;
  let robin: Someone;
  beforeEach(async () => {
    sam = await admitted(person, "sam", ["approver"]);
    robin = await admitted(person, "robin", ["auditor"]);
  });

  test("says what it says, and where more is, to who could decide its request and to auditors", async () => {
    const id = await used();
    const leaves = await leavesOf(id);
    expect(leaves).toHaveLength(3);
    for (const index of leaves) {
      for (const reader of [sam, robin]) {
        const shown = await page(`/log/entry/${index}`, reader.cookie);
        expect(shown).toContain(`href="/a/${id}"`);
        expect(shown).toContain(`href="/api/v1/approvals/${id}/receipt"`);
        expect(textOf(shown)).toContain("which was approved");
        expect(textOf(shown)).toContain("The whole record");
      }
      for (const other of [undefined, person.cookie, (await admitted(person, `out-${index}`, ["approver"])).cookie]) {
        const shown = await page(`/log/entry/${index}`, other);
        for (const word of [id, "Customer-4711", "approval.", "call.", "The whole record"])
          expect([word, shown.includes(word)]).toEqual([word, false]);
      }
    }
  });

  test("of no request is read by auditors, and by no approver", async () => {
    const index = await env.DB.prepare("SELECT max(idx) AS last FROM log_leaf WHERE idem LIKE 'passkey:%'").first<number>("last");
    expect(textOf(await page(`/log/entry/${index}`, robin.cookie))).toContain("You can read it as an auditor.");
    for (const other of [undefined, sam.cookie, person.cookie])
      expect(await page(`/log/entry/${index}`, other)).not.toContain("passkey.enrolled");
  });

  test("says nothing any more to who lost the role, nor of what was erased", async () => {
    const [index = 0] = await leavesOf(await used());
    expect(await page(`/log/entry/${index}`, sam.cookie)).toContain("Customer-4711");
    await env.DB.prepare("UPDATE person SET roles = '[]' WHERE id = ?1").bind(sam.id).run();
    expect(await page(`/log/entry/${index}`, sam.cookie)).not.toContain("Customer-4711");
    await eraseByHand(index);
    expect(await page(`/log/entry/${index}`, robin.cookie)).not.toContain("Customer-4711");
  });
});
