/**
 * What goes wrong when people decide, each in a real browser against the running service: two tabs, two devices, a double click, a
 * session that is over, a network that is gone, a clock that is wrong, a link for somebody else. Nothing is decided twice or by accident,
 * nothing that was typed is lost, and the page says what happened.
 */
import { rmSync } from "node:fs";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { readThrough } from "#test/support/browser/browser-person.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { NO_WEBAUTHN } from "#test/support/scenes/card-scenes.ts";
import { type OpenScene, pageOf, type Scene } from "#test/support/scenes/open-scene.ts";
import { codeOn } from "#test/support/scenes/read-code.ts";
import { type Player, Stage } from "#test/support/scenes/stage.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const MANY = 130;
const HOUR_MS = 3_600_000;

let browser: Browser;
let service: Service;
let stage: Stage;
/** What the test opened. */
const opened: OpenScene[] = [];

beforeAll(async () => {
  const env = { MAX_PENDING_PER_AGENT: "300", MAX_REQUESTS_PER_MINUTE: "1000" };
  [browser, service] = await Promise.all([enterChromium(), startService({ env })]);
  stage = await Stage.set(service);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ context }) => context.close()));
});
afterAll(async () => {
  await leaveChromium();
  await service?.stop();
  if (service !== undefined) rmSync(service.stateDir, { recursive: true, force: true });
});

/** A browser where that person is signed in. */
async function browserOf(who: Player | null, scene: Pick<Scene, "browser" | "before"> = {}): Promise<OpenScene> {
  const open = await pageOf(browser, stage, who === null ? null : stage.people[who], scene);
  opened.push(open);
  return open;
}

/** A request that is only this test's. */
async function asked(name: string, ask: Record<string, unknown> = {}): Promise<{ url: string; id: string }> {
  const { approval_url: url, request_id: id } = await stage.ask(name, { action: `Something to decide: ${name}`, ...ask });
  return { url, id };
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const comment = (page: Page) => page.getByRole("textbox", { name: "Comment", exact: true });
const status = (page: Page, text: string) => page.getByRole("status").getByText(text, { exact: true }).waitFor();
const alert = (page: Page, text: string) => page.getByRole("alert").getByText(text).first().waitFor();

async function openCard(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByText("Display verified", { exact: true }).waitFor();
}

/** Has `work` done when a passkey has answered, before the page hears of it. */
async function betweenPromptAndAnswer(page: Page, work: () => Promise<void>): Promise<void> {
  await page.exposeFunction("betweenPromptAndAnswer", work);
  await page.addInitScript(`{
    const get = navigator.credentials.get.bind(navigator.credentials);
    navigator.credentials.get = async (options) => {
      const answer = await get(options);
      await betweenPromptAndAnswer();
      return answer;
    };
  }`);
}

/** How the agent is told that it stands. */
const stands = (name: string): ReturnType<Stage["read"]> => stage.read(name);

/** The decisions that the page sends from now on. */
function decisionsSent(page: Page): string[] {
  const sent: string[] = [];
  page.on("request", (request) => request.url().endsWith("/decision") && sent.push(request.url()));
  return sent;
}

/** A button that is gone by then, because its page has heard of the other, is pressed in vain: nothing waits for it. */
async function pressAtOnce(...buttons: Locator[]): Promise<void> {
  for (const one of buttons) await one.focus();
  await Promise.all(buttons.map((one) => one.page().keyboard.press("Enter")));
}

describe("somebody is faster:", () => {
  test("a tab that has heard nothing is told that its decision came too late, and by what", async () => {
    const { url } = await asked("stale tab");
    const { page } = await browserOf("alex");
    let isDeaf = true;
    await page.route("**/state*", (route) => (isDeaf ? undefined : route.continue()));
    await openCard(page, url);
    await stage.people.sam.decide(url, "approved");
    page.on("request", (request) => {
      if (request.url().endsWith("/decision")) isDeaf = false;
    });
    await button(page, "Deny with passkey").click();
    await alert(page, "Your denial did not count: the request had been approved before it arrived.");
    expect(await stands("stale tab")).toMatchObject({ status: "approved" });
  });

  test("one person on two devices gives one signature, and both devices say so", async () => {
    const { url } = await asked("two devices", { approvers: { users: ["alex", "sam"], required: 2 } });
    const devices = [await browserOf("alex"), await browserOf("alex")];
    for (const { page } of devices) {
      await openCard(page, url);
      await readThrough(page);
    }
    await pressAtOnce(...devices.map(({ page }) => button(page, "Approve with passkey")));
    for (const { page } of devices) await status(page, "Signed, 1 of 2");
    expect(await stands("two devices")).toMatchObject({ status: "pending", approvals: 1 });
  });

  test("two people who press at once: one decision counts, and both see which", async () => {
    const { url } = await asked("two people");
    const [alex, sam] = [await browserOf("alex"), await browserOf("sam")];
    for (const { page } of [alex, sam]) {
      await openCard(page, url);
      await readThrough(page);
    }
    await pressAtOnce(button(alex.page, "Deny with passkey"), button(sam.page, "Approve with passkey"));
    await expect.poll(async () => (await stands("two people")).status).toMatch(/^(approved|denied)$/);
    const word = (await stands("two people")).status === "approved" ? "Approved" : "Denied";
    for (const { page } of [alex, sam]) await status(page, word);
  });
});

test("a double click decides once", async () => {
  const { url } = await asked("double click");
  const { page } = await browserOf("alex");
  await openCard(page, url);
  const sent = decisionsSent(page);
  await button(page, "Deny with passkey").dblclick();
  await status(page, "Denied");
  expect(sent).toHaveLength(1);
});

test("a session that ends while one signs loses no word: after signing in again the comment is there", async () => {
  const { url } = await asked("session over");
  const { page, context } = await browserOf("alex");
  let isOver = false;
  await betweenPromptAndAnswer(page, async () => {
    if (!isOver) await context.clearCookies();
    isOver = true;
  });
  await openCard(page, url);
  await comment(page).fill("Not before\nthe backup is done.");
  await button(page, "Deny with passkey").click();
  await alert(page, "Nothing was recorded: you were signed out.");
  expect(await stands("session over")).toMatchObject({ status: "pending" });
  await page.reload();
  await button(page, "Sign in with passkey").click();
  await page.getByText("Display verified", { exact: true }).waitFor();
  expect(page.url()).toBe(url);
  expect(await comment(page).inputValue()).toBe("Not before\nthe backup is done.");
  await button(page, "Deny with passkey").click();
  await status(page, "Denied");
  expect(await stands("session over")).toMatchObject({ status: "denied", comment: "Not before\nthe backup is done." });
});

describe("the wrong link:", () => {
  test("of a request for somebody else shows nothing of it", async () => {
    const { url } = await asked("for others");
    const { page } = await browserOf("lee");
    await page.goto(url);
    await page.getByRole("heading", { name: "Nothing here for you", level: 1 }).waitFor();
    expect(await page.content()).not.toContain("for others");
  });

  test("of a request that has ended says how, with nothing to press", async () => {
    const { page } = await browserOf("alex");
    await openCard(page, new URL(stage.approval("denied"), stage.origin).href);
    await status(page, "Denied");
    expect(await page.getByRole("button", { name: /passkey/ }).count()).toBe(0);
    expect(await page.getByRole("link", { name: "Download receipt" }).isVisible()).toBe(true);
  });
});

describe("the wrong browser:", () => {
  test("one without passkeys gives the link of the page that was asked for, to copy and to scan, and nothing more", async () => {
    const { page } = await browserOf(null, { before: NO_WEBAUTHN });
    const { url } = await asked("no passkeys");
    await page.goto(url);
    await alert(page, "This browser cannot use passkeys.");
    await button(page, "Copy the link to this page").waitFor();
    await button(page, "Go on with your phone").click();
    expect(await codeOn(page)).toBe(url);
    await button(page, "Close").click();
    expect(await button(page, "Go on with your phone").evaluate((one) => one === document.activeElement)).toBe(true);
  });

  test("one without scripts shows all of the request, says what is missing, and can press nothing", async () => {
    const { url } = await asked("no script");
    const { page } = await browserOf("alex", { browser: { javaScriptEnabled: false } });
    await page.goto(url);
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("Something to decide: no script");
    await page.getByText("host-3.example.com").first().waitFor();
    expect(await page.locator("body").innerText()).toContain("This page needs JavaScript");
    for (const name of ["Approve with passkey", "Deny with passkey"]) expect(await button(page, name).isDisabled()).toBe(true);
  });
});

test("a prompt that was closed changes nothing, and one may decide otherwise", async () => {
  const { url } = await asked("prompt closed");
  const { page, authenticator } = await browserOf("alex");
  await openCard(page, url);
  await readThrough(page);
  await comment(page).fill("Looked at twice.");
  await authenticator.setAutomaticPresence(false);
  await button(page, "Deny with passkey").click();
  await button(page, "Stop waiting").click();
  await alert(page, "Nothing was signed.");
  expect(await stands("prompt closed")).toMatchObject({ status: "pending" });
  expect(await comment(page).inputValue()).toBe("Looked at twice.");
  await authenticator.setAutomaticPresence(true);
  await button(page, "Approve with passkey").click();
  await status(page, "Approved");
});

test.each([-HOUR_MS, HOUR_MS])("a clock that is wrong by %d ms: the time left is the service's, and one can decide", async (offMs) => {
  const { url } = await asked(`clock ${offMs}`, { expires_in_seconds: 600 });
  const { page } = await browserOf("alex", {
    before: `{ const Real = Date; const off = ${offMs};
      globalThis.Date = class extends Real { constructor(...given) { super(...(given.length === 0 ? [Real.now() + off] : given)); } static now() { return Real.now() + off; } }; }`,
  });
  await openCard(page, url);
  expect(await page.getByText(/^(?:9|10) minutes left$/).count()).toBe(1);
  await button(page, "Deny with passkey").click();
  await status(page, "Denied");
});

describe("the network is gone between prompt and answer:", () => {
  test("before the decision was sent, the page finds out that nothing was recorded, and one signs again", async () => {
    const { url } = await asked("nothing sent");
    const { page, context } = await browserOf("alex");
    let isGone = false;
    await betweenPromptAndAnswer(page, async () => {
      if (!isGone) await context.setOffline(true);
      isGone = true;
    });
    await openCard(page, url);
    await button(page, "Deny with passkey").click();
    await alert(page, "No answer came through, so your decision may or may not have been recorded.");
    await context.setOffline(false);
    await alert(page, "the service has no decision of yours on this request. You can sign again.");
    await button(page, "Deny with passkey").click();
    await status(page, "Denied");
    expect(await stands("nothing sent")).toMatchObject({ status: "denied" });
  });

  test("after it arrived, the page finds out that it counts", async () => {
    const { url } = await asked("answer lost");
    const { page } = await browserOf("alex");
    await openCard(page, url);
    await page.route("**/decision", async (route) => {
      await route.fetch();
      await route.abort();
    });
    await button(page, "Deny with passkey").click();
    await status(page, "Denied");
    expect(await stands("answer lost")).toMatchObject({ status: "denied" });
  });
});

test("an inbox of many opens with the most urgent first, stays small, and every one of them is found by going on", async () => {
  await Promise.all(Array.from({ length: MANY }, async (_, n) => asked(`of many ${n}`, { expires_in_seconds: 3_600 + n })));
  const { page } = await browserOf("alex");
  await page.goto(`${stage.origin}/`);
  const rows = page.getByRole("link", { name: /^Something to decide: of many \d+$/ });
  await rows.first().waitFor();
  expect(await rows.first().innerText()).toBe("Something to decide: of many 0");
  expect((await page.content()).length).toBeLessThan(200_000);
  const found = new Set<string>();
  for (;;) {
    for (const name of await rows.allInnerTexts()) found.add(name);
    const further = page.getByRole("link", { name: /^(?:More|All(?: .+)?, by deadline)$/ }).first();
    if ((await further.count()) === 0) break;
    await further.click();
    await page.waitForLoadState();
  }
  expect(found.size).toBe(MANY);
});
