/** Deciding in the page: when the buttons work, what is signed and sent, and every way it can go wrong. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { b64u } from "#countersign/encoding/bytes.ts";
import type { Assertion } from "#countersign/documents/record.ts";
import { buildStatement, decisionChallenge } from "#countersign/documents/statement.ts";
import type { ApprovalPageData, ApprovalPageState } from "#api/approval-page-data.ts";
import { ALEX, approvalData, decisionOf, PENDING, SAM, type Variation } from "#test/support/documents/approval-data.ts";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { enterChromium, leaveChromium, type VirtualAuthenticator } from "#test/support/browser/chromium.ts";
import { type Answer, openApproval, ORIGIN, withPasskey } from "#test/support/browser/served-pages.tsx";

/** As `POST /a/<id>/decision` gets it. */
interface Sent {
  nonce: string;
  verdict: "approved" | "denied";
  comment: string;
  credential_id: string;
  assertion: Assertion;
}

let browser: Browser;
let page: Page;
let authenticator: VirtualAuthenticator;

beforeAll(async () => {
  browser = await enterChromium();
  page = await browser.newPage({ viewport: { width: 390, height: 700 } });
  authenticator = await withPasskey(page);
});
beforeEach(async () => {
  await authenticator.setUserVerified(true);
  await authenticator.setAutomaticPresence(true);
});
afterAll(leaveChromium);

const button = (name: "Approve" | "Deny") => page.getByRole("button", { name: `${name} with passkey`, exact: true });
const status = () => page.getByRole("status");
const alert = () => page.getByRole("alert");
const comment = () => page.getByRole("textbox", { name: "Comment", exact: true });
const hint = () => page.locator("#hint");
const enabled = async (): Promise<boolean[]> => [await button("Approve").isEnabled(), await button("Deny").isEnabled()];

const LONG = { payload: Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`key_${i}`, i])) };
const TWO: Variation["request"] = { quorum: [{ name: "managers", required: 2, eligible: [ALEX.id, SAM.id] }] };

const approvedBy = (sent: Sent): ApprovalPageState => ({
  ...PENDING,
  tag: `${sent.verdict}:1`,
  status: sent.verdict,
  ended_by: "passkeys",
  decided_at: new Date().toISOString(),
  decisions: [decisionOf(ALEX, sent.verdict, sent.comment === "" ? null : sent.comment)],
});

/** Opens the page with a service that answers decisions with `decide`, and gives what was sent to it. */
async function open(
  data: ApprovalPageData,
  decide: (sent: Sent) => Awaited<ReturnType<Answer>> = (sent) => ({ json: approvedBy(sent) }),
  otherwise: Answer = () => undefined,
): Promise<Sent[]> {
  const all: Sent[] = [];
  await openApproval(page, data, {
    answer(path, request) {
      if (!path.endsWith("/decision")) return otherwise(path, request);
      const sent = request.postDataJSON() as Sent;
      all.push(sent);
      return decide(sent);
    },
  });
  return all;
}

const refusal = (code: string, detail: string) => ({
  status: 403,
  json: { type: "about:blank", title: "Not allowed", status: 403, code, detail },
});

describe("the buttons", () => {
  test("Deny works at once, Approve once all of the payload has been on screen, and the page says what is left", async () => {
    await open(approvalData(ORIGIN, LONG));
    await page.getByText("Display verified", { exact: true }).waitFor();
    await expect.poll(enabled).toEqual([false, true]);
    await hint().getByText("Not seen yet: 5 of 5 parts, first key_0 … key_19").waitFor();
    for (let i = 0; i < 3; i++) await page.mouse.wheel(0, 250);
    await hint().getByText("Not seen yet: 4 of 5 parts").waitFor();
    expect(await enabled()).toEqual([false, true]);
    for (let i = 0; i < 8; i++) await page.mouse.wheel(0, 400);
    await expect.poll(enabled).toEqual([true, true]);
    expect(await hint().textContent()).toBe("You sign as alex.");
  });

  test("Deny signs what has not been read", async () => {
    const all = await open(approvalData(ORIGIN, LONG));
    await button("Deny").click();
    await status().getByText("Denied", { exact: true }).waitFor();
    expect(all.map(({ verdict }) => verdict)).toEqual(["denied"]);
  });

  test("work from the keyboard once the focus has rested on each part", async () => {
    await open(approvalData(ORIGIN, LONG));
    await page.getByText("Display verified", { exact: true }).waitFor();
    for (let presses = 0; presses < 20 && !(await comment().evaluate((field) => field === document.activeElement)); presses++) {
      await page.keyboard.press("Tab");
      await page.waitForTimeout(100);
    }
    await expect.poll(enabled).toEqual([true, true]);
    // Past the words for a denial that stand beside the comment.
    const isAtDeny = () => button("Deny").evaluate((deny) => deny === document.activeElement);
    for (let presses = 0; presses < 10 && !(await isAtDeny()); presses++) await page.keyboard.press("Tab");
    expect(await isAtDeny()).toBe(true);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await status().getByText("Approved", { exact: true }).waitFor();
  });

  test("stay disabled without a passkey that may sign", async () => {
    await open(approvalData(ORIGIN, { credentials: [] }));
    await comment().focus();
    await hint().getByText("You have no passkey that may sign decisions.").waitFor();
    expect(await enabled()).toEqual([false, false]);
  });

  test("are not there for somebody who is not asked, who has signed, or when all is over", async () => {
    for (const variation of [
      { request: { quorum: [{ name: "others", required: 1, eligible: [SAM.id] }] } },
      { request: TWO, state: { decisions: [decisionOf(ALEX, "approved")] } },
      { state: { status: "settling", decisions: [decisionOf(SAM, "approved")] } },
      { state: { status: "expired", ended_by: "deadline", decided_at: "2026-11-20T09:30:00.000Z" } },
    ] satisfies Variation[]) {
      await open(approvalData(ORIGIN, variation));
      await page.getByText("Display verified", { exact: true }).waitFor();
      expect(await page.getByRole("button").count()).toBe(0);
      expect(await comment().count()).toBe(0);
      expect(await violationsOn(page)).toEqual([]);
    }
  });

  test("go away when the time is up, by the server's clock", async () => {
    const data = approvalData(ORIGIN);
    const behind = { ...data, now: new Date(Date.parse(data.request.expires_at) - 1_500).toISOString() };
    await open(behind);
    expect(await button("Approve").count()).toBe(1);
    await alert().getByText("The time is up. Nothing more can be signed.").waitFor();
    expect(await page.getByRole("button").count()).toBe(0);
  });
});

describe("what is signed and sent", () => {
  test.each(["Approve", "Deny"] as const)("%s: the statement about what is shown, and nothing else", async (name) => {
    const data = approvalData(ORIGIN);
    const all = await open(data);
    await comment().fill("  Checked \n twice  ");
    await button(name).click();
    const verdict = name === "Approve" ? "approved" : "denied";
    await status()
      .getByText(name === "Approve" ? "Approved" : "Denied", { exact: true })
      .waitFor();

    const [sent] = all as [Sent];
    expect(all).toHaveLength(1);
    expect(Object.keys(sent).toSorted()).toEqual(["assertion", "comment", "credential_id", "nonce", "verdict"]);
    expect(sent).toMatchObject({ verdict, comment: "Checked \n twice", nonce: data.nonce, credential_id: data.credentials[0]?.id });
    const draft = { verdict, approver: data.person, comment: sent.comment, commentSalt: data.comment_salt, nonce: data.nonce } as const;
    const clientData = JSON.parse(Buffer.from(sent.assertion.client_data_json, "base64url").toString()) as Record<string, unknown>;
    expect(clientData).toMatchObject({
      type: "webauthn.get",
      origin: ORIGIN,
      challenge: b64u(decisionChallenge(buildStatement(data.request, draft))),
    });
    const USER_PRESENT_AND_VERIFIED = 0x05;
    const flags = Buffer.from(sent.assertion.authenticator_data, "base64url")[32] ?? 0;
    expect(flags & USER_PRESENT_AND_VERIFIED).toBe(USER_PRESENT_AND_VERIFIED);
    expect(await page.getByRole("button").count()).toBe(0);
    expect(await page.getByRole("link", { name: "Download receipt", exact: true }).getAttribute("href")).toBe(
      `/api/v1/approvals/${data.request.id}/receipt`,
    );
    expect(await violationsOn(page)).toEqual([]);
  });

  test("one of two signatures: signed, the others awaited", async () => {
    await open(approvalData(ORIGIN, { request: TWO }), () => ({ json: { ...PENDING, decisions: [decisionOf(ALEX, "approved")] } }));
    await comment().focus();
    await button("Approve").click();
    await status().getByText("Signed, 1 of 2", { exact: true }).waitFor();
    expect(await page.getByRole("button").count()).toBe(0);
    expect(await page.getByText("Awaited: Sam Okafor (sam)").count()).toBe(1);
  });

  test("nothing, when the page was altered in the very moment of the click", async () => {
    const all = await open(approvalData(ORIGIN));
    await comment().focus();
    await expect.poll(enabled).toEqual([true, true]);
    await page.evaluate(() => {
      document.querySelector("#payload .number")?.replaceChildren("4");
      document.querySelector<HTMLButtonElement>("#approve")?.click();
    });
    await page.getByText("Difference found", { exact: true }).waitFor();
    expect(all).toEqual([]);
  });
});

describe("after deciding, a link leads on", () => {
  const NEXT = `apr_${"b".repeat(32)}`;
  const waiting = (...ids: readonly string[]) => inboxOf(...ids.map((id) => [id, "2026-11-20T09:00:00.000Z"] as const));
  const inboxOf = (...rows: readonly (readonly [id: string, expires: string])[]) =>
    `<main><ul>${rows.map(([id, expires]) => `<li><a class="what" href="/a/${id}">Rotate <b>the keys</b></a><time data-expires="${expires}"></time></li>`).join("")}</ul>
    <ul><li><a class="what" href="/a/apr_${"c".repeat(32)}">Ended</a></li></ul></main>`;
  /** `states`: of others than the one that was decided, which wait unless it is said here. */
  const decide = async (inbox: Awaited<ReturnType<Answer>>, states: Record<string, Awaited<ReturnType<Answer>>> = {}): Promise<void> => {
    await open(
      approvalData(ORIGIN),
      (sent) => ({ json: approvedBy(sent) }),
      (path) => {
        if (path === "/") return inbox;
        const id = /^\/a\/(\w+)\/state$/.exec(path)?.[1] ?? "";
        return id === "" || id === approvalData(ORIGIN).request.id ? undefined : (states[id] ?? { json: PENDING });
      },
    );
    await button("Deny").click();
    await status().getByText("Denied", { exact: true }).waitFor();
  };

  test("to the next request that waits for this person", async () => {
    const own = approvalData(ORIGIN).request.id;
    await decide({ html: waiting(own, NEXT) });
    const link = page.getByRole("link", { name: "Next: Rotate the keys", exact: true });
    await link.waitFor();
    expect(await link.getAttribute("href")).toBe(`/a/${NEXT}`);
    expect(await violationsOn(page)).toEqual([]);
  });

  test("to the one whose time is up first, wherever it is listed", async () => {
    const later = `apr_${"d".repeat(32)}`;
    await decide({ html: inboxOf([later, "2026-11-20T10:00:00.000Z"], [NEXT, "2026-11-20T09:00:00.000Z"]) });
    await page.locator(`#next a[href="/a/${NEXT}"]`).waitFor();
    expect(await page.locator("#next a").count()).toBe(1);
  });

  test.each<[string, Awaited<ReturnType<Answer>>]>([
    [
      "has ended meanwhile",
      { json: { ...PENDING, tag: "x", status: "expired", ended_by: "deadline", decided_at: "2026-11-20T09:00:00.000Z" } },
    ],
    ["this person has signed", { json: { ...PENDING, tag: "x", decisions: [decisionOf(ALEX, "approved")] } }],
    ["is not theirs to see", { status: 404, json: { code: "unknown_request", detail: "There is no such request." } }],
  ])("past one that %s", async (_, state) => {
    const later = `apr_${"d".repeat(32)}`;
    await decide({ html: inboxOf([NEXT, "2026-11-20T09:00:00.000Z"], [later, "2026-11-20T10:00:00.000Z"]) }, { [NEXT]: state });
    await page.locator(`#next a[href="/a/${later}"]`).waitFor();
    expect(await page.locator("#next a").count()).toBe(1);
  });

  test("to one of which it cannot be learned now how it stands: its page says it", async () => {
    await decide({ html: waiting(NEXT) }, { [NEXT]: { status: 502, html: "" } });
    await page.locator(`#next a[href="/a/${NEXT}"]`).waitFor();
    expect(await page.locator("#next a").count()).toBe(1);
  });

  test.each<[string, Awaited<ReturnType<Answer>>]>([
    ["nothing waits", { html: waiting() }],
    ["only this one does", { html: waiting(approvalData(ORIGIN).request.id) }],
    ["the inbox says something else", { html: waiting("https://evil.example") }],
    ["the inbox does not answer", { status: 502, html: "" }],
  ])("back to the requests if %s", async (_, inbox) => {
    await decide(inbox);
    const link = page.locator("#next a");
    await expect.poll(() => link.getAttribute("href")).toBe("/");
    expect(await link.textContent()).toBe("Back to the requests");
  });
});

describe("before reading", () => {
  test("on a phone, by when and how many have to sign stand above the fold, whatever the request says", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    const long = { action: "W".repeat(200), reason: "because ".repeat(200), ...TWO };
    await open(approvalData(ORIGIN, { request: long, state: { decisions: [decisionOf(SAM, "approved")] } }));
    const bar = (await page.locator("#decide").boundingBox())?.y ?? 0;
    for (const text of ["11 minutes left", "Signatures: 1 of 2, managers"]) {
      const box = await page.getByText(text, { exact: true }).boundingBox();
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThan(bar);
    }
    const field = await comment().boundingBox();
    const deny = await button("Deny").boundingBox();
    expect((deny?.y ?? 0) - (field?.y ?? 0)).toBeLessThan(120);
    const before = await page.evaluate(() => scrollY);
    await comment().focus();
    expect(await page.evaluate(() => scrollY)).toBe(before);
    await page.setViewportSize({ width: 390, height: 700 });
  });

  test("the time is in UTC and says so, in the script's words too", async () => {
    const at = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
    await open(approvalData(ORIGIN, { request: { expires_at: at(10), use_by: at(20) } }));
    await page.getByText("Display verified", { exact: true }).waitFor();
    for (const time of await page.locator("main time").allTextContents()) expect(time).toMatch(/ UTC$/);
  });

  test("seconds that are left look like nothing else", async () => {
    const looks: string[] = [];
    for (const seconds of [23 * 3_600, 1_000, 18]) {
      const now = Date.now();
      const request = { expires_at: new Date(now + seconds * 1_000).toISOString(), use_by: new Date(now + 90_000_000).toISOString() };
      await open(approvalData(ORIGIN, { request }));
      looks.push(
        await page.locator("#time-left").evaluate((left) => {
          const text = left.querySelector("strong") ?? left;
          return `${getComputedStyle(left).borderTopWidth} ${getComputedStyle(text).fontSize} ${getComputedStyle(text).fontWeight}`;
        }),
      );
    }
    expect(looks).toEqual(["0px 15px 500", "0px 15px 700", "2px 22px 750"]);
  });
});

describe("while the prompt is open", () => {
  test("both buttons are quiet, keep their names and say what is going on", async () => {
    await open(approvalData(ORIGIN));
    await comment().focus();
    await authenticator.setAutomaticPresence(false);
    await button("Approve").click();
    await hint().getByText("Your passkey is asked for.").waitFor();
    expect(await enabled()).toEqual([false, false]);
    expect(await violationsOn(page)).toEqual([]);
  });

  test("a prompt that ends without an answer leads back to the same page, comment and all", async () => {
    const all = await open(approvalData(ORIGIN));
    await comment().fill("my words");
    // While one is in it, words for a denial stand there.
    await comment().blur();
    const before = await page.locator("main").innerText();
    await authenticator.setUserVerified(false);
    await button("Deny").click();
    await alert().getByText("Nothing was signed.").waitFor();
    expect(await alert().textContent()).toBe(
      "Nothing was signed. The browser refused at once: there is no passkey of yours for this service on this device, or your PIN or fingerprint was not taken. Use the device that has your passkey. A security key needs a PIN or a fingerprint of its own; older ones (U2F) have neither.",
    );
    expect(await enabled()).toEqual([true, true]);
    expect(await button("Deny").evaluate((deny) => deny === document.activeElement)).toBe(true);
    expect(await comment().inputValue()).toBe("my words");
    // What came is the message, and the ways to go on elsewhere.
    await page.locator(".elsewhere").evaluate((ways) => ways.remove());
    expect((await page.locator("main").innerText()).replace(/Nothing was signed\..*neither\.\s*/, "")).toBe(before);
    expect(all).toEqual([]);
  });
});

describe("refusals", () => {
  test("a decision that was not accepted says so, gets a new nonce, and can be tried again", async () => {
    const fresh = { nonce: b64u(new Uint8Array(32).fill(9)), comment_salt: b64u(new Uint8Array(32).fill(8)) };
    let first = true;
    const all = await open(
      approvalData(ORIGIN),
      (sent) => {
        if (!first) return { json: approvedBy(sent) };
        first = false;
        return refusal("decision_not_accepted", "The signature was not accepted.");
      },
      (path) => (path.endsWith("/nonce") ? { json: fresh } : undefined),
    );
    await comment().focus();
    await button("Approve").click();
    await alert().getByText("Nothing was recorded. The signature was not accepted.").waitFor();
    await button("Approve").click();
    await status().getByText("Approved", { exact: true }).waitFor();
    expect(all.map(({ nonce }) => nonce)).toEqual([approvalData(ORIGIN).nonce, fresh.nonce]);
  });

  test("being signed out meanwhile is said in plain words", async () => {
    await open(approvalData(ORIGIN), () => refusal("unauthorized", "No session."));
    await comment().focus();
    await button("Approve").click();
    await alert().waitFor();
    expect(await alert().textContent()).toBe("Nothing was recorded: you were signed out. Reload this page to sign in again.");
  });
});

describe("nobody is left alone:", () => {
  test("signed out while reading, one finds the comment again after signing in", async () => {
    await open(approvalData(ORIGIN), () => refusal("unauthorized", "No session."));
    await comment().fill("Two lines\nof my own");
    await button("Deny").click();
    await alert().getByText("you were signed out").waitFor();
    await page.reload();
    await page.getByText("Display verified").waitFor();
    expect(await comment().inputValue()).toBe("Two lines\nof my own");
    await open(approvalData(ORIGIN));
    await button("Deny").click();
    await status().getByText("Denied", { exact: true }).waitFor();
    await open(approvalData(ORIGIN));
    await page.getByText("Display verified").waitFor();
    expect(await comment().inputValue()).toBe("");
  });

  test("who denied, and lost the race, is told that theirs did not count", async () => {
    let isOver = false;
    const approved = { ...PENDING, tag: "approved:1", status: "approved" as const, ended_by: "passkeys" as const };
    await open(
      approvalData(ORIGIN),
      () => {
        isOver = true;
        return { status: 409, json: { code: "already_final", detail: "This request has ended already." } };
      },
      (path) =>
        isOver && path.includes("/state")
          ? { json: { ...approved, decided_at: new Date().toISOString(), decisions: [decisionOf(SAM, "approved", null)] } }
          : undefined,
    );
    await button("Deny").click();
    await status().getByText("Approved", { exact: true }).waitFor();
    await expect
      .poll(() => alert().allTextContents())
      .toEqual(["Your denial did not count: the request had been approved before it arrived."]);
  });

  test("a prompt that nobody answers can be left, and one may try again", async () => {
    await open(approvalData(ORIGIN));
    await authenticator.setAutomaticPresence(false);
    await button("Deny").click();
    await page.getByRole("button", { name: "Stop waiting", exact: true }).click();
    await alert().getByText("Nothing was signed. You stopped waiting for your passkey.").waitFor();
    expect(await button("Deny").isEnabled()).toBe(true);
    expect(await page.getByRole("button", { name: "Stop waiting" }).count()).toBe(0);
  });

  test("in a browser without passkeys the page gives its link for another one", async () => {
    const other = await (await browser.newContext()).newPage();
    await other.addInitScript("delete window.PublicKeyCredential");
    await openApproval(other, approvalData(ORIGIN));
    await other.getByText("This browser cannot use passkeys.").waitFor();
    await other.getByRole("button", { name: "Copy the link to this page" }).waitFor();
    expect(await other.getByRole("button", { name: "Approve with passkey" }).isEnabled()).toBe(false);
    await other.context().close();
  });
});

describe("an answer that is not understood is not known until it has been read again:", () => {
  const NOTHING = { ...PENDING, tag: "pending:1" };
  const ANSWERS: [string, { status?: number } & ({ json: unknown } | { html: string })][] = [
    ["a proxy's error page", { status: 502, html: "<h1>Bad gateway</h1>" }],
    ["a proxy's refusal", { status: 403, html: "<h1>Blocked</h1>" }],
    ["a page to log in, with 200", { html: "<h1>Log in</h1>" }],
    ["JSON of something else", { status: 404, json: { error: "not found" } }],
    ["JSON that makes no sense", { json: { status: "approved" } }],
    ["the service, interrupted", { status: 503, json: { code: "unavailable", detail: "This could not be finished now." } }],
  ];
  /** The decision is answered wrongly; the state is what `now` says once it was sent, and nothing new before. */
  const answered = async (answer: (typeof ANSWERS)[number][1], now: (sent: Sent) => ApprovalPageState): Promise<Sent[]> => {
    let known: ApprovalPageState | null = null;
    return open(
      approvalData(ORIGIN),
      (sent) => {
        known = now(sent);
        return answer;
      },
      (path) => (path.endsWith("/state") && known !== null ? { json: known } : undefined),
    );
  };
  const approve = async (): Promise<void> => {
    await comment().focus();
    await button("Approve").click();
  };

  test.each(ANSWERS)("%s, and the decision counts: the page says that it does", async (_, answer) => {
    await answered(answer, approvedBy);
    await approve();
    await status().getByText("Approved", { exact: true }).waitFor();
    expect(await alert().count()).toBe(0);
  });

  test.each(ANSWERS)("%s, and nothing was recorded: the page says that only once it knows, and one may sign again", async (_, answer) => {
    await answered(answer, () => NOTHING);
    await approve();
    await alert().getByText("the service has no decision of yours on this request. You can sign again.").waitFor();
    expect(await enabled()).toEqual([true, true]);
  });

  test("while it cannot be read, the page claims nothing and signs nothing", async () => {
    const all = await open(
      approvalData(ORIGIN),
      () => ({ status: 502, html: "" }),
      (path) => (path.endsWith("/state") ? { status: 502, html: "" } : undefined),
    );
    await approve();
    await alert().getByText("your decision may or may not have been recorded").waitFor();
    await page.waitForRequest((request) => request.url().endsWith("/state"));
    expect(await alert().textContent()).not.toContain("othing was recorded");
    expect(await enabled()).toEqual([false, false]);
    expect(all).toHaveLength(1);
  });
});

test("a page is loaded anew when more time was given elsewhere, also before the log has it", async () => {
  const data = approvalData(ORIGIN);
  const later = new Date(Date.parse(data.request.expires_at) + 60_000).toISOString();
  const told = { json: { ...PENDING, tag: "later", expires_at: later, extended: [] } };
  const loads: string[] = [];
  page.on("load", () => loads.push(page.url()));
  // Whoever asks for the state after a reload is answered as the service does: not before something changes.
  let answers = 0;
  await openApproval(page, data, { answer: (path) => (path.includes("/state?") && answers++ === 0 ? told : undefined) });
  await expect.poll(() => loads.length).toBe(2);
});

test("what happens elsewhere appears while the page is open, and closes an open prompt", async () => {
  const asked: string[] = [];
  const { promise, resolve: answer } = Promise.withResolvers<{ json: ApprovalPageState }>();
  await openApproval(page, approvalData(ORIGIN), {
    answer(path) {
      asked.push(path);
      return promise;
    },
  });
  await comment().focus();
  await authenticator.setAutomaticPresence(false);
  await button("Approve").click();
  await hint().getByText("Your passkey is asked for.").waitFor();
  await expect.poll(() => asked).toEqual([`/a/apr_${"a".repeat(32)}/state?wait=25&seen=pending%3A0`]);
  answer({ json: { ...PENDING, status: "cancelled", ended_by: "requester", decided_at: new Date().toISOString() } });
  await status().getByText("Cancelled", { exact: true }).waitFor();
  expect(await page.getByRole("button").count()).toBe(0);
  expect(await alert().count()).toBe(0);
  expect(await page.getByText("The agent withdrew its request.").count()).toBe(1);
  expect(await page.locator("#time-left").count()).toBe(0);
});
