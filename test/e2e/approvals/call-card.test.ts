/** The page of a call at the gateway: what is dangerous is on a phone's first screen, everything is verified, and nothing of it can be altered. */
import fc from "fast-check";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dataBlockText } from "#pages/kit/data-block.tsx";
import { approvalData, anyPayload, anyText, ALEX } from "#test/support/documents/approval-data.ts";
import { callData, type CallVariation, SQL_TOOL } from "#test/support/documents/call-data.ts";
import { readThrough } from "#test/support/browser/browser-person.ts";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { openApproval, ORIGIN, withPasskey } from "#test/support/browser/served-pages.tsx";
import { NO_AIDS } from "#api/reading/reading-aids.ts";
import { manyOr } from "#test/support/every-case.ts";
import { besideApproval } from "#http/approvals/beside-approval.ts";

let browser: Browser;
let page: Page;
const SHOTS = process.env["SCREENSHOTS"];

beforeAll(async () => {
  browser = await enterChromium();
  page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  await withPasskey(page);
});
afterAll(leaveChromium);

const verified = () => page.locator("#verified");
const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
const step = (minutes: number, tool: string, status: string, trace: string | null = null) =>
  ({ number: 1, at: ago(minutes), server: "warehouse", tool, status, rule: "reads", trace, request: null }) as never;

const ORDINARY: CallVariation = {
  given: {
    project: "production",
    query:
      "BEGIN;\nUPDATE accounts SET closed = true\n WHERE owner_closed_at < now() - interval '30 days';\nDELETE FROM sessions;\nCOMMIT;",
    dry_run: false,
  },
  previous: { project: "staging", query: "BEGIN;\nDELETE FROM sessions WHERE expired;\nCOMMIT;" },
  steps: () =>
    Promise.resolve([
      step(1, "list_tables", "succeeded", "00-0af7651916cd43dd8448eb211c80319c-0000000000000001-01"),
      step(4, "describe_table", "succeeded"),
      step(5, "execute_sql", "blocked"),
      step(21, "list_tables", "succeeded"),
    ]),
  requests: () => Promise.resolve([{ id: `apr_${"c".repeat(32)}`, at: ago(12), action: null, status: "denied" }]),
};

const open = async (variation: CallVariation = ORDINARY): Promise<Awaited<ReturnType<typeof callData>>> => {
  const made = await callData(ORIGIN, variation);
  await openApproval(page, made.data, { session: made.session });
  await verified().getByText("Display verified", { exact: true }).waitFor();
  return made;
};

describe.each([390, 1280])("at %d px", (width) => {
  test.each(["light", "dark"] as const)(
    "who, what, risk, signatures, time and the danger are on the first screen, %s",
    async (colorScheme) => {
      await page.setViewportSize({ width, height: 844 });
      await page.emulateMedia({ colorScheme });
      await open();
      const bar = await page.locator("#decide").boundingBox();
      for (const text of [
        "release-bot",
        "warehouse.execute_sql",
        "High risk",
        "Signatures: 0 of 2, dba",
        "Deletes every row, without a condition",
      ]) {
        const box = await page.getByText(text).first().boundingBox();
        expect(box === null ? text : box.y + box.height <= (bar?.y ?? 0) ? "on the first screen" : text).toBe("on the first screen");
      }
      expect(await page.locator("#payload mark.danger").allTextContents()).toEqual(["DELETE·FROM·sessions".replaceAll("·", " ")]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      expect(await violationsOn(page)).toEqual([]);
      if (SHOTS !== undefined) {
        await page.screenshot({ path: `${SHOTS}/call-${width}-${colorScheme}-fold.png` });
        await page.screenshot({ path: `${SHOTS}/call-${width}-${colorScheme}.png`, fullPage: true });
      }
    },
  );
});

test("says which tool of which server, what the server says of it, and with what it is asked", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open();
  const request = page.locator("#request");
  expect(await request.textContent()).toContain(
    "The gate calls the tool execute_sql of the server warehouse at https://mcp.warehouse.example, with the gate’s credential for warehouse.",
  );
  expect(await request.textContent()).toContain("The server says that it may destroy and reaches beyond itself.");
  expect(await page.getByRole("region", { name: "Risk" }).textContent()).toContain("High risk");
  const payload = await page.locator("#payload").textContent();
  for (const said of ['text; one of "staging", "production"', "Not in the tool’s schema", "Not given: limit (default 100)"])
    expect(payload).toContain(said);
  const differs = page.getByRole("region", { name: "What differs" });
  expect(await differs.textContent()).toContain("The same: schema_hash, server, tool, url_origin.");
  expect(await differs.locator("del").first().textContent()).toBe("staging");
  const session = page.getByRole("region", { name: "Session" });
  expect(await session.textContent()).toContain("Not part of what is signed.");
  expect(await session.textContent()).toContain("A request that others decide");
  expect(await session.textContent()).toContain("same trace");
});

const PREVIEW = {
  tool: "explain_sql",
  args: { query: "DELETE FROM sessions" },
  shown: { rows: 48_210, tables: ["sessions"], cascades: [{ table: "session_events", rows: 1_204_377 }] },
};

describe("a preview", () => {
  test("stands before the payload, says who said it, and is verified, on a phone", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await open({ ...ORDINARY, preview: PREVIEW });
    const region = page.getByRole("region", { name: "Preview" });
    expect(await region.textContent()).toContain("What it would do, said by warehouse");
    for (const said of ["48210", "session_events", "What its tool explain_sql answered before you were asked"])
      expect((await region.textContent())?.replaceAll("\u202f", "").replaceAll(",", "")).toContain(said.replaceAll(",", ""));
    const [preview, payload] = [await region.boundingBox(), await page.locator("#payload").boundingBox()];
    expect(preview === null || payload === null ? "neither" : preview.y < payload.y ? "before" : "after").toBe("before");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    expect(await violationsOn(page)).toEqual([]);
    if (SHOTS !== undefined) await page.screenshot({ path: `${SHOTS}/preview-390.png`, fullPage: true });
    await readThrough(page);
    await expect.poll(() => page.getByRole("button", { name: "Approve with passkey", exact: true }).isEnabled()).toBe(true);
  });

  const forged = async (change: (data: Awaited<ReturnType<typeof callData>>["data"]) => object) => {
    const { data } = await callData(ORIGIN, { ...ORDINARY, preview: PREVIEW });
    await openApproval(page, { ...data, ...change(data) });
    return buttonsLeft();
  };
  /** Once the difference was found. */
  const buttonsLeft = async () => {
    await verified().getByText("Difference found", { exact: true }).waitFor();
    return page.getByRole("button", { name: /with passkey$/ }).count();
  };

  test("that says something else than what is signed is a difference", async () => {
    const preview = { tool: PREVIEW.tool, arguments: PREVIEW.args, shown: { rows: 0 } };
    expect(await forged(({ aids }) => ({ aids: { ...aids, preview } }))).toBe(0);
  });

  test("that is left out is a difference", async () => {
    expect(await forged(({ aids: { preview: _, ...aids } = NO_AIDS }) => ({ aids }))).toBe(0);
  });

  test("where none is signed is a difference", async () => {
    const without = ({ request }: Awaited<ReturnType<typeof callData>>["data"]) => {
      const { preview_hash: _, ...context } = request.context;
      return { request: { ...request, context } };
    };
    expect(await forged(without)).toBe(0);
  });

  test("that is altered on the page is a difference", async () => {
    await open({ ...ORDINARY, preview: PREVIEW });
    await page.evaluate(() => document.querySelector("#preview .sheet")?.replaceChildren());
    expect(await buttonsLeft()).toBe(0);
  });

  test("and a call that holds another one names both", async () => {
    await open({ ...ORDINARY, inner: "drop_table" });
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("warehouse.execute_sql(drop_table)");
    expect(await page.locator("#request").textContent()).toContain("That tool calls others: this is judged as a call of drop_table.");
  });
});

test("approve waits until all of it was seen", async () => {
  await page.setViewportSize({ width: 390, height: 500 });
  await open();
  const approve = page.getByRole("button", { name: "Approve with passkey", exact: true });
  expect(await approve.isDisabled()).toBe(true);
  await readThrough(page);
  await expect.poll(() => approve.isEnabled()).toBe(true);
});

describe("altering it takes the buttons away:", () => {
  const CHANGES: Record<string, () => void> = {
    "a mark taken off": () => {
      const mark = document.querySelector("#payload mark.danger");
      mark?.replaceWith(...mark.childNodes);
    },
    "a mark of another kind": () => document.querySelector("#payload mark.danger")?.setAttribute("class", "keyword"),
    "what the server says": () => document.querySelector("#request .call strong")?.replaceChildren("reads only"),
    "what differs": () => document.querySelector("#differs ins")?.replaceChildren("staging"),
    "what differs taken out": () => document.querySelector("#differs")?.replaceChildren(),
    "what the schema says": () => document.querySelector("#payload .said-of.warning")?.remove(),
  };
  test.each(Object.entries(CHANGES))("%s", async (_, change) => {
    await open();
    await page.evaluate(change);
    await verified().getByText("Difference found", { exact: true }).waitFor();
    expect(await page.getByRole("button", { name: /with passkey$/ }).count()).toBe(0);
  });

  test("another definition of the tool than the one that is signed", async () => {
    const { data } = await callData(ORIGIN, ORDINARY);
    const call = data.aids?.call ?? null;
    if (call === null || data.aids === undefined) throw new Error("a call says what its tool is");
    const harmless = { ...SQL_TOOL, annotations: { readOnlyHint: true } };
    const forged = { ...data, aids: { ...data.aids, call: { ...call, definition: harmless, hints: "reads only", is_grave: false } } };
    await openApproval(page, forged);
    await verified().getByText("Difference found", { exact: true }).waitFor();
    expect(await page.getByRole("button", { name: /with passkey$/ }).count()).toBe(0);
  });

  test("marks that are not where they could be are no reason to show another text", async () => {
    const { data } = await callData(ORIGIN, ORDINARY);
    if (data.aids === undefined) throw new Error("a call has aids");
    const at = ["arguments", "query"];
    const marks = [
      { at, from: 0, to: 1_000_000, kind: "care" as const, says: "" },
      { at, from: 3, to: 4, kind: "danger" as const, says: "<b>x</b>" },
      { at: ["nowhere"], from: 5, to: 2, kind: "care" as const, says: "" },
    ];
    await openApproval(page, { ...data, aids: { ...data.aids, marks } });
    await verified().getByText("Display verified", { exact: true }).waitFor();
    const shown = await page.locator("#payload .text").filter({ hasText: "UPDATE" }).last().textContent();
    expect(shown).toBe(ORDINARY.given?.["query"]);
    expect(await page.locator("main b").count()).toBe(0);
    expect(dataBlockText(data)).not.toContain("<");
  });
});

test("for any arguments, the parsed HTML is the DOM that the browser makes", async () => {
  const code = fc.constantFrom(
    "DELETE FROM t",
    "rm -rf /\u202e",
    "<b>DROP TABLE x</b>",
    '{"a":"</script>"}',
    "a\u200bb@c.example 5 EUR",
    "--- a\n+++ b\n@@ -1\n-x\n+y",
  );
  await fc.assert(
    fc.asyncProperty(anyPayload, anyPayload, anyText, code, async (given, previous, text, query) => {
      await openApproval(page, (await callData(ORIGIN, { given: { ...given, query: `${text}${query}` }, previous })).data);
      expect(await verified().textContent()).toBe("Display verified");
    }),
    { numRuns: manyOr(10, 30) },
  );
});

test("an ask has its marks as well, and tells what its agent did", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  const payload = { command: ["git", "push", "--force", "origin", "main"], host: "git.example.com" };
  const data = approvalData(ORIGIN, { payload });
  const view = { snapshot: { request: data.request } as never, payload: JSON.stringify(payload), nonce: null };
  const nothing = () => Promise.resolve([]);
  const ports = {
    lastApprovedCall: () => Promise.resolve(null),
    approvedOf: nothing,
    approval: () => null,
    requestsOf: nothing,
    recentCalls: nothing,
    agentsUnder: nothing,
    authenticationOf: () => Promise.resolve(null),
    connectedAs: () => Promise.resolve(null),
    now: () => Date.now(),
  };
  const { aids, session } = await besideApproval(view, { id: ALEX.id, roles: ["approver"] }, ports);
  await openApproval(page, { ...data, aids }, { session });
  await verified().getByText("Display verified", { exact: true }).waitFor();
  expect(await page.locator("#payload mark.danger").allTextContents()).toEqual(["git", "push", "--force"]);
  expect(await page.getByRole("region", { name: "Session" }).textContent()).toContain("This agent did nothing else");
  expect(await page.getByRole("region", { name: "What differs" }).count()).toBe(0);
  if (SHOTS !== undefined) await page.screenshot({ path: `${SHOTS}/ask-390.png`, fullPage: true });
});
