/** Getting in, where something is in the way: links with what they are for, reloads, browsers that keep nothing, prompts that never end. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { b64u, fromB64u, hex, sha256 } from "#countersign/encoding/bytes.ts";
import { keyWords } from "#countersign/encoding/fingerprint-digits.ts";
import { attestedKey } from "#countersign/webauthn/attested-key.ts";
import { EnrolPage } from "#pages/people/joining/enrol-page.tsx";
import { SetupPage } from "#pages/people/joining/setup-page.tsx";
import { WaitingPage } from "#pages/people/joining/waiting-page.tsx";
import { SignInPage } from "#pages/sessions/sign-in-page.tsx";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { addVirtualAuthenticator, enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { type Asked, type Answer, openPage, ORIGIN, type PageDocument } from "#test/support/browser/served-pages.tsx";

const NONCE = b64u(new Uint8Array(32).fill(3));
const TERMS = "&username=kim&name=Kim+Lindqvist&by=alex&until=2026-11-21T09%3A30%3A00.000Z&role=approver&role=admin&group=release-managers";

type Answered = Awaited<ReturnType<Answer>>;
type Answers = Record<string, Answered | ((request: Asked) => Answered)>;

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await enterChromium();
});
beforeEach(async () => {
  page = await (await browser.newContext()).newPage();
});
afterAll(leaveChromium);

const button = (name: string) => page.getByRole("button", { name, exact: true });
const textbox = (name: string) => page.getByRole("textbox", { name, exact: true });
const alert = () => page.getByRole("alert");
async function expectAlert(said: string | RegExp): Promise<void> {
  await expect.poll(() => alert().allTextContents()).toEqual([expect.stringMatching(said)]);
}
const digits = () => page.locator(".words");

/** What was asked, by `METHOD path`; everything unnamed stays without an answer. */
async function open(path: string, document: PageDocument, answers: Answers = {}): Promise<string[]> {
  const asked: string[] = [];
  await openPage(page, path, document, (to, request) => {
    const name = `${request.method()} ${to}`;
    asked.push(name);
    const answer = answers[name];
    return typeof answer === "function" ? answer(request) : answer;
  });
  return asked;
}

const creationOptions = {
  challenge: NONCE,
  rp: { id: "localhost", name: "Countersign" },
  user: { id: b64u(new TextEncoder().encode("usr_kim")), name: "kim", displayName: "Kim" },
  pubKeyCredParams: [{ type: "public-key", alg: -7 }],
  timeout: 120_000,
  authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
};
const OFFERED = { json: { options: creationOptions, nonce: NONCE, person: "usr_kim" } };

/** The fingerprint of the key in a finished ceremony. */
function fingerprintIn(request: Asked): string {
  const { response } = request.postDataJSON() as { response: { response: { authenticatorData: string } } };
  return hex(sha256(attestedKey(fromB64u(response.response.authenticatorData) ?? new Uint8Array()) ?? new Uint8Array()));
}
const face = (fingerprint: string) => ({ fingerprint, words: keyWords(fingerprint) });

async function join(answers: Answers): Promise<void> {
  await open(`/enrol#code${TERMS}`, <EnrolPage />, answers);
  await button("Create passkey").click();
}

describe("an invitation's link", () => {
  test("fills the form, and says from whom, for what and until when", async () => {
    await open(`/enrol#code${TERMS}`, <EnrolPage />);
    expect([await textbox("Username").inputValue(), await textbox("Display name").inputValue()]).toEqual(["kim", "Kim Lindqvist"]);
    expect(await page.locator("#invitation").innerText()).toMatch(
      /Invited by\s+alex\s+To be\s+approver, admin\s+In the group\s+release-managers\s+Valid until\s+21 Nov 2026, 09:30 UTC/,
    );
    expect(page.url()).toBe(`${ORIGIN}/enrol`);
    expect(await violationsOn(page)).toEqual([]);
  });

  test("can say anything: it is shown as text, and what it should not say is left out", async () => {
    await open(`/enrol#code&by=${encodeURIComponent("<b>root</b>\u202e")}&until=soon&username=${encodeURIComponent("a b")}`, <EnrolPage />);
    expect(await page.locator("#invitation").innerText()).toBe("Invited by\n<b>root</b>U+202E");
    expect(await page.locator("#invitation b").count()).toBe(0);
  });

  test("without terms, as earlier versions made it, is as good", async () => {
    const asked = await open("/enrol#code", <EnrolPage />, {
      "POST /enrol/options": { status: 400, json: { code: "x", detail: "Not now." } },
    });
    expect(await page.locator("#invitation").isVisible()).toBe(false);
    await textbox("Username").fill("kim");
    await textbox("Display name").fill("Kim");
    await button("Create passkey").click();
    await expectAlert("Not now.");
    expect(asked).toEqual(["POST /enrol/options"]);
  });
});

test.each([
  ["/setup", <SetupPage />, "token"],
  ["/enrol", <EnrolPage />, "code"],
])("a reload of %s does not lose its secret", async (path, document, name) => {
  let sent: Record<string, unknown> = {};
  await open(`${path}#the-secret`, document, {
    [`POST ${path}/options`]: (request) => {
      sent = request.postDataJSON() as Record<string, unknown>;
      return { status: 400, json: { code: "x", detail: "Not now." } };
    },
  });
  await page.reload();
  expect(page.url()).toBe(`${ORIGIN}${path}`);
  await textbox("Username").fill("kim");
  await textbox("Display name").fill("Kim");
  await button("Create passkey").click();
  await expectAlert("Not now.");
  expect(sent[name]).toBe("the-secret");
});

describe("after the passkey was made", () => {
  test("a browser that keeps nothing shows the digits at once, and says to stay", async () => {
    await addVirtualAuthenticator(page);
    await page.addInitScript("Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); }");
    let made = "";
    await join({
      "POST /enrol/options": OFFERED,
      "POST /enrol/finish": (request) => {
        made = fingerprintIn(request);
        return { json: { ...face(made), next: "/enrol/waiting" } };
      },
      "POST /enrol/state": { json: { state: "confirmed" } },
    });
    await page.getByText("leave this page open").waitFor();
    await page.getByText("Your passkey is confirmed. You can sign in with it now.").waitFor();
    expect(made).not.toBe("");
    expect(await violationsOn(page)).toEqual([]);
  });

  test("an answer that was lost is read again: what the service stored is shown", async () => {
    await addVirtualAuthenticator(page);
    let made = "";
    await join({
      "POST /enrol/options": OFFERED,
      "POST /enrol/finish": (request) => {
        made = fingerprintIn(request);
        return { status: 502, html: "<h1>Bad gateway</h1>" };
      },
      "POST /enrol/state": () => ({ json: { state: "waiting", ...face(made) } }),
    });
    await expect.poll(() => page.url()).toBe(`${ORIGIN}/enrol/waiting`);
  });

  test("an answer that was lost, and nothing was stored: one may try again", async () => {
    await addVirtualAuthenticator(page);
    await join({
      "POST /enrol/options": OFFERED,
      "POST /enrol/finish": { status: 502, html: "" },
      "POST /enrol/state": { json: { state: "gone" } },
    });
    await expectAlert("the service shows that this was not done. You can try again.");
  });

  test("a refusal takes the dead passkey off the device, where the browser can", async () => {
    await addVirtualAuthenticator(page);
    await page.addInitScript(
      "PublicKeyCredential.signalUnknownCredential = async (told) => { document.documentElement.dataset.told = JSON.stringify(told); }",
    );
    await join({
      "POST /enrol/options": OFFERED,
      "POST /enrol/finish": { status: 403, json: { code: "decision_not_accepted", detail: "Nothing was stored." } },
    });
    await expectAlert("Nothing was stored.");
    const told = await page.evaluate(() => document.documentElement.dataset["told"] ?? "");
    expect(JSON.parse(told)).toEqual({ rpId: "localhost", credentialId: expect.stringMatching(/^[\w-]{20,}$/) as string });
  });

  test("the page that waits notices the confirmation by itself", async () => {
    const kept = { username: "kim", fingerprint: "ab".repeat(32), code: "code", credential_id: "AAAA" };
    await page.addInitScript(`localStorage.setItem("countersign-new-passkey", ${JSON.stringify(JSON.stringify(kept))})`);
    let confirmed = false;
    let asks = 0;
    await open("/enrol/waiting", <WaitingPage />, {
      "POST /enrol/state": () => {
        asks += 1;
        return { json: confirmed ? { state: "confirmed" } : { state: "waiting", ...face(kept.fingerprint) } };
      },
    });
    await expect.poll(() => asks).toBe(1);
    await digits().getByText(keyWords(kept.fingerprint)).waitFor();
    confirmed = true;
    await page.getByText("Your passkey is confirmed. You can sign in with it now.").waitFor();
    expect(await digits().count()).toBe(0);
    expect(await violationsOn(page)).toEqual([]);
  });
});

describe("a prompt", () => {
  const signIn = async (answers: Answers = {}, timeout = 120_000): Promise<void> => {
    const options = { challenge: NONCE, rpId: "localhost", allowCredentials: [], userVerification: "required", timeout };
    await open("/", <SignInPage next="/" />, { "POST /sign-in/options": { json: { options, nonce: NONCE } }, ...answers });
    await button("Sign in with passkey").click();
  };

  test("that never ends has a way out, and the button works again", async () => {
    await page.addInitScript("navigator.credentials.get = () => new Promise(() => {})");
    await signIn();
    await button("Stop waiting").click();
    await expectAlert("You are not signed in. You stopped waiting for your passkey. You can try again.");
    expect(await page.locator("[aria-busy=true]").count()).toBe(0);
    await button("Sign in with passkey").click();
    await button("Stop waiting").waitFor();
  });

  test("that timed out says so", async () => {
    await page.addInitScript(
      "navigator.credentials.get = () => new Promise((_, no) => setTimeout(() => no(new DOMException('', 'NotAllowedError')), 900))",
    );
    await signIn({}, 800);
    await expectAlert("The prompt timed out");
  });

  test("that was closed says so, and what else it can have been", async () => {
    await page.addInitScript(
      "navigator.credentials.get = () => new Promise((_, no) => setTimeout(() => no(new DOMException('', 'NotAllowedError')), 900))",
    );
    await signIn();
    await expectAlert(/The prompt was closed\. You can try again\. If it was not you who closed it: there is no passkey of yours/);
  });

  const KINDS: [string, Record<string, unknown>][] = [
    ["a device without a passkey", {}],
    ["a person whom the device does not know", { isUserVerified: false }],
    ["a key without PIN or fingerprint", { transport: "usb", hasUserVerification: false }],
    ["a U2F key", { protocol: "u2f", transport: "usb", hasResidentKey: false, hasUserVerification: false }],
  ];
  test.each(KINDS)("of %s is told from one that was closed", async (_, kind) => {
    await addVirtualAuthenticator(page, kind);
    await signIn();
    await expectAlert("The browser refused at once: there is no passkey of yours for this service on this device");
    expect(await alert().textContent()).toContain("A security key needs a PIN or a fingerprint of its own; older ones (U2F) have neither.");
  });
});

describe("a browser without passkeys", () => {
  test.each([
    ["an invitation, its code included", `/enrol#code${TERMS}`, <EnrolPage />, `${ORIGIN}/enrol#code${TERMS}`],
    ["the page to sign in", "/", <SignInPage next="/a/apr_x" />, `${ORIGIN}/a/apr_x`],
  ])("says so, and gives the link of %s, for another one", async (_, path, document, link) => {
    await page.addInitScript("delete window.PublicKeyCredential");
    await page.addInitScript("navigator.clipboard.writeText = async (text) => { window.copied = text; }");
    await open(path, document);
    await expectAlert("This browser cannot use passkeys.");
    await button("Copy the link to this page").click();
    await button("Copied. Open it in another browser.").waitFor();
    expect(await page.evaluate(() => (window as unknown as { copied: string }).copied)).toBe(link);
    expect(await violationsOn(page)).toEqual([]);
  });
});

describe("signing in", () => {
  const OPTIONS = {
    json: { options: { challenge: NONCE, rpId: "localhost", allowCredentials: [], userVerification: "required" }, nonce: NONCE },
  };
  const make = async (): Promise<void> => {
    await addVirtualAuthenticator(page);
    await join({ "POST /enrol/options": OFFERED, "POST /enrol/finish": { json: { ...face("ab".repeat(32)), next: "/" } } });
    await alert().waitFor();
  };

  test("from the field: the browser offers the passkeys that it has, once somebody is about to use it", async () => {
    await make();
    const asked = await open("/", <SignInPage next="/a/apr_x" />, {
      "POST /sign-in/options": OPTIONS,
      "POST /sign-in/finish": { json: {} },
    });
    await textbox("Username").waitFor();
    expect(await textbox("Username").getAttribute("autocomplete")).toBe("username webauthn");
    expect(asked).toEqual([]);
    await textbox("Username").focus();
    await page.waitForURL(`${ORIGIN}/a/apr_x`);
    expect(asked).toEqual(["POST /sign-in/options", "POST /sign-in/finish"]);
  });

  test("with a passkey that the service does not know tells the browser so", async () => {
    await make();
    const unknown = { status: 401, json: { code: "unauthorized", detail: "You are not signed in. Unknown.", passkey: "unknown" } };
    await open("/", <SignInPage next="/" />, { "POST /sign-in/options": OPTIONS, "POST /sign-in/finish": unknown });
    await button("Sign in with passkey").click();
    await expectAlert("You are not signed in. Unknown.");
    await button("Sign in with passkey").click();
    // It is gone from the device.
    await expectAlert("The browser refused at once");
  });

  test.each([
    ["in after all", { json: {} }, null],
    ["not in", { status: 401, json: { code: "unauthorized", detail: "Sign in first." } }, "the service shows that this was not done"],
  ])("where the answer was lost, the page finds out: %s", async (_, me, told) => {
    await make();
    const lost = { status: 502, html: "" };
    await open("/", <SignInPage next="/a/apr_x" />, {
      "POST /sign-in/options": OPTIONS,
      "POST /sign-in/finish": lost,
      "GET /api/v1/me": me,
    });
    await button("Sign in with passkey").click();
    if (told === null) await expect.poll(() => page.url()).toBe(`${ORIGIN}/a/apr_x`);
    else await expectAlert(told);
  });

  test("where nobody is enrolled says where the first person comes in", async () => {
    await open("/", <SignInPage next="/" hasPeople={false} />);
    await page.getByText("The first person comes in through the setup link").waitFor();
    expect(await violationsOn(page)).toEqual([]);
  });
});
