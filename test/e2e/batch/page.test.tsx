/** The page that decides several requests, with a service that answers as each test says: what is signed, what is not, and what comes of lost answers. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { BatchPageData } from "#api/batch/batch-shapes.ts";
import { NO_AIDS } from "#api/reading/reading-aids.ts";
import { b64u, fromB64u } from "#countersign/encoding/bytes.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { type RequestV2, requestHash } from "#countersign/documents/request.ts";
import { batchChallenge, buildStatement, statementHash } from "#countersign/documents/statement.ts";
import { BatchPage } from "#pages/batch/batch-page.tsx";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { readThrough } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium, type VirtualAuthenticator } from "#test/support/browser/chromium.ts";
import { type Answer, ORIGIN, openPage, withPasskey } from "#test/support/browser/served-pages.tsx";
import { approvalData, PASSKEY_ID, PENDING, SAM } from "#test/support/documents/approval-data.ts";

let browser: Browser;
let page: Page;
let authenticator: VirtualAuthenticator;

beforeAll(async () => {
  browser = await enterChromium();
  page = await browser.newPage();
  authenticator = await withPasskey(page);
});
beforeEach(async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.evaluate(() => sessionStorage.clear()).catch(() => {});
});
afterAll(leaveChromium);

const idOf = (number: number): string => `apr_${String(number).padStart(32, "0")}`;

/** Requests of this many, as the service would send them. */
function batchOf(
  payloads: readonly JsonObject[],
  change: (item: BatchPageData["items"][number], at: number) => object = () => ({}),
): BatchPageData {
  const made = payloads.map((payload, at) => {
    const { request, state } = approvalData(ORIGIN, { payload });
    const v2 = {
      ...request,
      type: "countersign/request@v2",
      id: idOf(at),
      action: `Number ${at}`,
      context: { source: "ask" },
      quorum: request.quorum.map((slot) => ({ ...slot, escalations: [] })),
      denials: 1,
    } as RequestV2;
    const item = { request: v2, payload, aids: { ...NO_AIDS }, state, is_folded: false };
    return { ...item, ...change(item, at) };
  });
  const { person, people, now } = approvalData(ORIGIN);
  return { items: made, person, people, can_sign: true, now };
}

const PERSON = { id: "usr_alex", username: "alex", displayName: "Alex Doe", mayAdminister: false };
const nonceOf = (number: number): string => b64u(new Uint8Array(32).fill(number + 1));

/** All of them, as the lists of people have them. */
const stillOf = ({ items }: BatchPageData) => items.map(({ request: { id, expires_at } }) => ({ id, expires_at }));

/** What a service answers that leaves nothing out and records everything; each answer may be another. */
function answering(data: BatchPageData, changed: Partial<Record<"statement" | "decision" | "state" | "item", Answer>> = {}) {
  const sent: { path: string; body: Record<string, unknown> }[] = [];
  const answer: Answer = (path, request) => {
    const body = request.postDataJSON() as Record<string, unknown> | null;
    if (body !== null) sent.push({ path, body });
    const what = path.startsWith("/a/")
      ? "item"
      : path.startsWith("/batch/state?")
        ? "state"
        : path === "/batch/statement"
          ? "statement"
          : "decision";
    const other = changed[what]?.(path, request);
    if (other !== undefined) return other;
    if (path === "/") return { html: "" };
    if (what === "item") return { json: PENDING };
    if (what === "state") return { json: { waiting: stillOf(data) } };
    const decided = (body?.["decisions"] ?? []) as { request: string }[];
    const ids = what === "statement" ? (body?.["requests"] as string[]) : decided.map((one) => one.request);
    if (what === "decision")
      return { json: { decisions: ids.map((request_) => ({ request: request_, status: "approved", problem: null })) } };
    const decisions = ids.map((request_) => ({ request: request_, nonce: nonceOf(Number(request_.slice(4))), comment_salt: nonceOf(99) }));
    const credentials = [{ id: PASSKEY_ID, transports: ["internal"] }];
    return { json: { nonce: nonceOf(98), decisions, left_out: [], credentials, rp_id: "localhost" } };
  };
  return { sent, answer };
}

const pathOf = (data: BatchPageData): string => `/batch?${data.items.map(({ request }) => `id=${request.id}`).join("&")}`;

async function open(data: BatchPageData, answer: Answer): Promise<void> {
  await openPage(page, pathOf(data), <BatchPage person={PERSON} data={data} leftOut={[]} />, answer);
}
const openAndRead = async (data: BatchPageData, answer: Answer): Promise<void> => {
  await open(data, answer);
  await expect.poll(() => page.getByText("Display verified").count()).toBe(data.items.length);
  await readThrough(page);
};

const button = (name: string) => page.getByRole("button", { name, exact: true });
const SMALL = [{ a: 1 }, { b: 2 }, { c: 3 }];

describe("what is signed", () => {
  test("is a batch of the statements of just what is shown, all of it without a grant", async () => {
    const data = batchOf(SMALL);
    const { sent, answer } = answering(data);
    await openAndRead(data, answer);
    await page.getByRole("textbox", { name: "Comment" }).fill("  As agreed. ");
    await button("Sign 3 approvals with passkey").click();
    await page.getByText("3 of 3 approvals recorded.").waitFor();
    const [drafted, decision] = sent;
    expect(drafted?.body).toEqual({ verdict: "approved", comment: "As agreed.", requests: data.items.map(({ request }) => request.id) });
    const statements = data.items.map(({ request }, at) =>
      statementHash(
        buildStatement(request, {
          verdict: "approved",
          approver: data.person,
          comment: "As agreed.",
          commentSalt: nonceOf(99),
          nonce: nonceOf(at),
        }),
      ),
    );
    const body = decision?.body as { statements: string[]; assertion: { client_data_json: string } };
    expect(body.statements).toEqual(statements.toSorted());
    const client = JSON.parse(new TextDecoder().decode(fromB64u(body.assertion.client_data_json) ?? new Uint8Array())) as {
      challenge: string;
    };
    expect(client.challenge).toBe(b64u(batchChallenge(ORIGIN, data.person, { nonce: nonceOf(98), statements: body.statements })));
    expect(JSON.stringify(body)).not.toContain("grant");
    expect(new Set(data.items.map(({ request }) => requestHash(request))).size).toBe(3);
  });

  test.each<[string, (drafted: { decisions: { request: string }[] }) => object]>([
    ["one more", ({ decisions }) => ({ decisions: [...decisions, { ...decisions[0], request: idOf(9) }] })],
    ["one less", ({ decisions }) => ({ decisions: decisions.slice(1) })],
    ["another one", ({ decisions }) => ({ decisions: decisions.map((one, at) => (at === 0 ? { ...one, request: idOf(9) } : one)) })],
    ["one twice", ({ decisions: [one, , last] }) => ({ decisions: [one, one, last] })],
  ])("is nothing where the service drafts %s", async (_, change) => {
    const data = batchOf(SMALL);
    const whole = answering(data);
    const { sent, answer } = answering(data, {
      statement: async (path, request) => {
        const drafted = (await whole.answer(path, request)) as { json: { decisions: { request: string }[] } };
        return { json: { ...drafted.json, ...change(drafted.json) } };
      },
    });
    await openAndRead(data, answer);
    await button("Sign 3 approvals with passkey").click();
    await page.getByText("This page does not show exactly what would be signed.").waitFor();
    expect(sent.map(({ path }) => path)).toEqual(["/batch/statement"]);
  });

  test.each<[string, (item: BatchPageData["items"][number]) => object]>([
    ["another payload than its hash", () => ({ payload: { a: 2 } })],
    ["a request of another service", ({ request }) => ({ request: { ...request, origin: "https://gate.example.com" } })],
  ])("is nothing where one has %s", async (_, change) => {
    const data = batchOf(SMALL, (item, at) => (at === 1 ? change(item) : {}));
    await open(data, answering(data).answer);
    await page.getByText("This page does not show exactly what would be signed.").waitFor();
    await page.getByText("Difference found").waitFor();
    expect(await page.locator("#approve, #deny").count()).toBe(0);
  });

  test("is asked for once, however often the button is pressed", async () => {
    const data = batchOf(SMALL);
    const { sent, answer } = answering(data);
    await openAndRead(data, answer);
    await button("Sign 3 approvals with passkey").dblclick();
    await page.getByText("3 of 3 approvals recorded.").waitFor();
    expect(sent.map(({ path }) => path)).toEqual(["/batch/statement", "/batch/decision"]);
  });
});

describe("approving", () => {
  test("waits until what was folded is opened and seen; denying does not", async () => {
    const lines = Array.from({ length: 150 }, (_, line) => `line ${line}`).join("\n");
    const data = batchOf([{ a: 1 }, { text: lines }], (_, at) => (at === 1 ? { is_folded: true } : {}));
    await open(data, answering(data).answer);
    await expect.poll(() => page.getByText("Display verified").count()).toBe(2);
    await readThrough(page);
    expect(await button("Sign 2 denials with passkey").isEnabled()).toBe(true);
    expect(await button("Sign 2 approvals with passkey").isEnabled()).toBe(false);
    await page.getByText("Not seen yet: parts of one request").waitFor();
    await button("Show the payload and the terms").click();
    await page.locator("#r2-payload").waitFor();
    expect(await button("Sign 2 approvals with passkey").isEnabled()).toBe(false);
    await readThrough(page);
    await expect.poll(() => button("Sign 2 approvals with passkey").isEnabled()).toBe(true);
    expect(await page.getByText("Difference found").count()).toBe(0);
  });

  test("leaves whoever is at the link to what was not seen there, while more is seen", async () => {
    const data = batchOf([{ a: 1 }, { text: Array.from({ length: 150 }, (_, line) => `line ${line}`).join("\n") }], (_, at) =>
      at === 0 ? { is_folded: true } : {},
    );
    await open(data, answering(data).answer);
    await page.getByText("Not seen yet: parts of 2 requests").waitFor();
    const link = page.locator("#hint a");
    await link.focus();
    await readThrough(page);
    await page.getByText("Not seen yet: parts of one request").waitFor();
    expect(await link.evaluate((one) => one === document.activeElement)).toBe(true);
  });

  test("of fifty large ones makes no more of the page than is opened", async () => {
    const data = batchOf(
      Array.from({ length: 50 }, (_, at) => ({ at, values: Array.from({ length: 4_000 }, (_unused, n) => n) })),
      (_, at) => (at === 0 ? {} : { is_folded: true }),
    );
    await open(data, answering(data).answer);
    await expect.poll(() => page.getByText("Display verified").count(), { timeout: 60_000 }).toBe(50);
    const nodes = await page.evaluate(() => document.querySelectorAll("*").length);
    expect(nodes).toBeLessThan(30_000);
    expect(await button("Sign 50 approvals with passkey").isEnabled()).toBe(false);
    expect(await button("Sign 50 denials with passkey").isEnabled()).toBe(true);
  });
});

describe("what ends", () => {
  const CANCELLED = { ...PENDING, tag: "cancelled", status: "cancelled", ended_by: "requester", decided_at: new Date().toISOString() };
  const [, second] = [idOf(0), idOf(1), idOf(2)];

  test("while the passkey is asked for closes the prompt, is named, and nothing is sent", async () => {
    const data = batchOf(SMALL);
    let isOver = false;
    const { sent, answer } = answering(data, {
      state: () => ({ json: { waiting: stillOf(data).filter(({ id }) => !(isOver && id === second)) } }),
      item: (path) => (isOver && path.startsWith(`/a/${second}/`) ? { json: CANCELLED } : undefined),
    });
    await openAndRead(data, answer);
    await authenticator.setAutomaticPresence(false);
    try {
      await button("Sign 3 approvals with passkey").click();
      await page.getByText("Your passkey is asked for.").waitFor();
      isOver = true;
      await page
        .getByText("“Number 1” was taken out while you were asked, so nothing was signed. Sign again for the 2 that are left.")
        .waitFor();
    } finally {
      await authenticator.setAutomaticPresence(true);
    }
    expect(sent.map(({ path }) => path)).toEqual(["/batch/statement"]);
    expect(await violationsOn(page)).toEqual([]);
    await button("Sign 2 approvals with passkey").click();
    await page.getByText("2 of 2 approvals recorded.").waitFor();
    expect(sent.at(-1)?.body["decisions"]).toHaveLength(2);
  });

  test("before it is drafted is named, and nothing is signed for until the person says so again", async () => {
    const data = batchOf(SMALL);
    const whole = answering(data);
    const { sent, answer } = answering(data, {
      statement: async (path, request) => {
        const { requests } = request.postDataJSON() as { requests: string[] };
        const { json } = (await whole.answer(path, request)) as { json: { decisions: { request: string }[] } };
        if (!requests.includes(second)) return { json };
        const left_out = [{ request: second, code: "already_final", detail: "It has ended." }];
        return { json: { ...json, decisions: json.decisions.filter(({ request: id }) => id !== second), left_out } };
      },
    });
    await openAndRead(data, answer);
    await button("Sign 3 approvals with passkey").click();
    await page.getByText("“Number 1” had ended, or can be signed here no more, so nothing was signed.").waitFor();
    expect(sent.map(({ path }) => path)).toEqual(["/batch/statement"]);
    await button("Sign 2 approvals with passkey").click();
    await page.getByText("2 of 2 approvals recorded.").waitFor();
  });

  test("after it was signed is told of, beside what counts", async () => {
    const data = batchOf(SMALL);
    const problem = { code: "already_final", detail: "This request has ended already." };
    const { answer } = answering(data, {
      decision: () => ({
        json: {
          decisions: [
            { request: idOf(0), status: "approved", problem: null },
            { request: second, status: null, problem },
            { request: idOf(2), status: "pending", problem: null },
          ],
        },
      }),
    });
    await openAndRead(data, answer);
    await button("Sign 3 approvals with passkey").click();
    await page.getByText("2 of 3 approvals recorded.").waitFor();
    expect(await page.locator("#outcomes li").allInnerTexts()).toEqual([
      expect.stringContaining("Approved"),
      expect.stringContaining("This request has ended already."),
      expect.stringContaining("Signed. Others have to sign as well"),
    ]);
    expect(await button("Send again").isVisible()).toBe(false);
    expect(await violationsOn(page)).toEqual([]);
  });

  test.each([
    ["as the lists say", false],
    ["as its object says, before the log has it", true],
  ])("for what the page shows, since somebody gave more time, is taken out and named: %s", async (_, isUnlogged) => {
    const data = batchOf(SMALL);
    const later = new Date(Date.now() + 86_400_000).toISOString();
    const { answer } = answering(data, {
      state: () => ({
        json: {
          waiting: isUnlogged
            ? stillOf(data).filter(({ id }) => id !== second)
            : stillOf(data).map((one) => (one.id === second ? { ...one, expires_at: later } : one)),
        },
      }),
      item: () => ({ json: { ...PENDING, expires_at: later } }),
    });
    await openAndRead(data, answer);
    await button("Sign 2 approvals with passkey").waitFor();
    const words = "Somebody gave more time for it: reload this page to sign it.";
    expect(await page.locator("#r2-note").textContent()).toBe(`${words} It is not among what you sign.`);
    expect(await page.locator("#heard").textContent()).toContain(words);
  });

  test("by its time is taken out", async () => {
    const data = batchOf(SMALL, ({ request }, at) =>
      at === 1 ? { request: { ...request, expires_at: new Date(Date.now() + 2_500).toISOString() } } : {},
    );
    await openAndRead(data, answering(data).answer);
    await button("Sign 2 approvals with passkey").waitFor();
    expect(await page.locator("#r2-note").textContent()).toBe("Its time is up. It is not among what you sign.");
  });
});

describe("an answer that is lost", () => {
  test("is asked for again with the very same, and what is missing is completed", async () => {
    const data = batchOf(SMALL);
    let calls = 0;
    const whole = answering(data);
    const { sent, answer } = answering(data, {
      decision: (path, request) => {
        calls += 1;
        if (calls === 1)
          return { status: 503, json: { code: "unavailable", detail: "Try again.", title: "", status: 503, type: "about:blank" } };
        if (calls > 2) return whole.answer(path, request);
        const problem = { code: "unavailable", detail: "It is not known whether this decision was recorded. Send the same again." };
        const decisions = data.items.map(({ request: { id } }, at) =>
          at === 1 ? { request: id, status: null, problem } : { request: id, status: "approved", problem: null },
        );
        return { json: { decisions } };
      },
    });
    await openAndRead(data, answer);
    await button("Sign 3 approvals with passkey").click();
    await page.getByText("so some may be recorded and others not").waitFor();
    // Nothing else can be signed meanwhile.
    expect(await page.locator("#approve").isVisible()).toBe(false);
    await button("Send again").click();
    await page.getByText("2 of 3 approvals recorded.").waitFor();
    await button("Send again").click();
    await page.getByText("3 of 3 approvals recorded.").waitFor();
    expect(await button("Send again").isVisible()).toBe(false);
    const bodies = sent.filter(({ path }) => path === "/batch/decision").map(({ body }) => JSON.stringify(body));
    expect(bodies).toHaveLength(3);
    expect(new Set(bodies).size).toBe(1);
  });

  test("because the session is over loses nothing that was written", async () => {
    const data = batchOf(SMALL);
    const { answer } = answering(data, {
      statement: () => ({ status: 401, json: { code: "unauthorized", detail: "Sign in.", title: "", status: 401, type: "about:blank" } }),
    });
    await openAndRead(data, answer);
    await page.getByRole("textbox", { name: "Comment" }).fill("Written before.");
    await page.getByRole("article").nth(2).getByRole("button", { name: "Leave out" }).click();
    await button("Sign 2 denials with passkey").click();
    await page.getByText("you were signed out. Reload this page to sign in again; what you wrote is kept.").waitFor();
    await page.reload();
    await button("Sign 2 denials with passkey").waitFor();
    expect(await page.getByRole("textbox", { name: "Comment" }).inputValue()).toBe("Written before.");
  });

  test("to a prompt that was closed leaves everything as it was", async () => {
    const data = batchOf(SMALL);
    const { sent, answer } = answering(data);
    await openAndRead(data, answer);
    await authenticator.setUserVerified(false);
    try {
      await button("Sign 3 approvals with passkey").click();
      await page.getByRole("alert").filter({ hasText: "Nothing was signed." }).waitFor();
    } finally {
      await authenticator.setUserVerified(true);
    }
    expect(sent.map(({ path }) => path)).toEqual(["/batch/statement"]);
    await expect.poll(() => button("Sign 3 approvals with passkey").isEnabled()).toBe(true);
  });
});

test("somebody whose decision is on it elsewhere signs no more for it", async () => {
  const data = batchOf(SMALL);
  const { person } = data;
  const decision = { id: person.id, username: person.username, verdict: "approved", decided_at: new Date().toISOString(), comment: null };
  const other = { ...decision, id: SAM.id, username: SAM.username };
  const { answer } = answering(data, {
    state: () => ({ json: { waiting: stillOf(data).filter(({ id }) => id === idOf(2)) } }),
    item: (path) => ({ json: { ...PENDING, tag: "x", decisions: path.includes(idOf(0)) ? [decision] : [other] } }),
  });
  await openAndRead(data, answer);
  await button("Sign 2 approvals with passkey").waitFor();
  expect(await page.locator("#r1-note").textContent()).toBe("You have signed it already, elsewhere. It is not among what you sign.");
});
