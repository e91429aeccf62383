/** `/verify` in a real browser: the offline verifier at work, each step shown with its values, and nothing sent. */
import type { Browser, Page, Request } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { fromB64u, hex } from "#countersign/encoding/bytes.ts";
import { challengeOf, keyFingerprint } from "#countersign/receipt-rules.ts";
import { decisionsOf, leafEntry } from "#countersign/documents/record.ts";
import { payloadHash, requestHash } from "#countersign/documents/request.ts";
import { decisionChallenge } from "#countersign/documents/statement.ts";
import { VerifyPage } from "#pages/log/verify-page.tsx";
import { leafHash } from "#countersign/tlog/merkle.ts";
import { checksUnder, type ReceiptFailureCode, type Status } from "#countersign/verifier.ts";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { makeGrantReceipt } from "#test/support/documents/grant-receipt.ts";
import { makePolicyReceipt, type PolicyRecipe } from "#test/support/documents/policy-receipt.ts";
import { makeReceipt, makeWorld, ORIGIN, PAYLOAD, type Recipe, type World } from "#test/support/documents/sealed-receipt.ts";
import { openPage } from "#test/support/browser/served-pages.tsx";

let browser: Browser;
let page: Page;
let world: World;
beforeAll(async () => {
  [browser, world] = await Promise.all([enterChromium(), makeWorld()]);
  page = await browser.newPage();
});
afterAll(leaveChromium);

const textbox = (name: string, on = page) => on.getByRole("textbox", { name, exact: true });
const checkButton = (on = page) => on.getByRole("button", { name: "Check receipt" });
const status = (on = page) => on.getByRole("status");
const alert = () => page.getByRole("alert");
const asFile = (content: string | Buffer) => ({ name: "receipt.json", mimeType: "application/json", buffer: Buffer.from(content) });

/** The page as the service of these receipts would send it. */
const open = () => openPage(page, "/verify", <VerifyPage origin={ORIGIN} vkey={world.trust.vkey} />);

async function check(text: string): Promise<void> {
  await textbox("Receipt").fill(text);
  await checkButton().click();
  await status().getByText(/valid/i).waitFor();
}

/** Opens the page and checks a receipt made so. */
async function checkMade(recipe: Recipe) {
  const made = await makeReceipt(world, recipe);
  await open();
  await check(made.text);
  return made.receipt;
}

/** Those that are made without a witness policy; what it rests on is said, and not checked. */
const CHECKS = checksUnder({ origin: ORIGIN }).filter((one) => one !== "basis_not_allowed");

/** How each check stands, in the order of the page. */
const states = () =>
  page.locator("[data-check]").evaluateAll((shown) => shown.map((one) => [one.dataset["check"], one.querySelector(".state")?.textContent]));

/** What the page shows for one check, white space between groups of digits left out. */
const evidence = async (code: string) => ((await page.locator(`[data-check=${code}]`).textContent()) ?? "").replaceAll(" ", "");

describe("a receipt of version 2", () => {
  const conclusion = () => page.locator("#conclusion").textContent();
  const checkPolicy = async (recipe: PolicyRecipe) => {
    const made = await makePolicyReceipt(world, recipe);
    await open();
    await check(made.text);
    return made.receipt;
  };

  test("of what passed without a person says so, and by which rule", async () => {
    await checkPolicy({ status: "approved", basis: "policy", outcome: "succeeded" });
    expect(await status().textContent()).toBe("Valid: passed without a person");
    expect(await conclusion()).toContain("“Deploy api to production” passed without a person.");
    expect(await conclusion()).toContain("Judged by the rule “production-deploys” of policy version 3, which found its risk high.");
    expect(await conclusion()).toContain("No passkey signed.");
    expect(await states()).toEqual(CHECKS.map((code) => [code, "Holds"]));
    expect(await evidence("not_included")).toContain("policy.published");
    await checkPolicy({ status: "approved", basis: "timeout" });
    expect(await conclusion()).toContain("“Deploy api to production” passed without a person: nobody had answered in time.");
  });

  test("says who could decide from when, that the gate ran it, and what came of it", async () => {
    const receipt = await checkPolicy({
      status: "approved",
      decisions: [
        { by: "alex", verdict: "denied" },
        { by: "blair", verdict: "approved", batched: true },
      ],
      outcome: "failed",
      detail: "Timed out.",
      request: ({ context }) => (context.source = "call"),
    });
    expect(await status().textContent()).toBe("Valid: approved");
    const said = await conclusion();
    expect(said).toContain("blair approved “Deploy api to production”, with the payload below.");
    expect(said).toMatch(/blair could decide from .*09:06.* on\./);
    expect(said).not.toContain("alex could decide");
    expect(said).toContain("It was run by the gate itself, for release-bot, on ");
    expect(said).toContain("The gate reported the outcome: failed. That is its own word.");
    expect(said).toContain("“Timed out.”");
    const batched = decisionsOf(receipt.final.record)[1];
    if (batched === undefined) throw new Error("nobody approved");
    expect(await evidence("assertion_invalid")).toContain(hex(challengeOf(batched, ORIGIN)));
    expect(await evidence("quorum_not_met")).toMatch(/usr_blairfrom.*09:06:00.000UTCapproved/);
  });

  test("of what passed by a grant says by which use of which, and shows the approval that gave it at every check", async () => {
    const made = await makeGrantReceipt(world);
    await open();
    await check(made.text);
    expect(await status().textContent()).toBe("Valid: passed without a person");
    const said = await conclusion();
    expect(said).toContain("“bank.transfer” passed without a person.");
    expect(said).toMatch(
      /It passed by the grant grt_lunch, use 3 of 5, which ends on .*\. alex had given it with the approval of “bank\.transfer”, on /,
    );
    expect(said).toContain("The payload is one that the grant covers.");
    expect(said).toContain("No passkey signed this; those of the grant did. Whose passkeys these are rests on this operator’s word");
    expect(await states()).toEqual(CHECKS.map((code) => [code, "Holds"]));
    expect(await evidence("statement_mismatch")).toMatch(/Useofagrant.*grt_lunch.*Theapprovalthatgavethegrant.*\/amountanumberfrom0to50/s);
    expect(await evidence("assertion_invalid")).toContain("Signatureofalex");
    expect(await evidence("times_out_of_order")).toContain("Grantused");
    expect(await evidence("not_included")).toMatch(
      /grant\.used.*approval\.auto_approved.*Theapprovalthatgavethegrant.*approval\.approved/s,
    );
    await open();
    await check(JSON.stringify(made.receipt.grant?.receipt));
    expect(await status().textContent()).toBe("Valid: approved");
    expect(await conclusion()).toMatch(/With it they let more pass without asking, by the grant grt_lunch: 5 times, until /);
  });

  test("of more than the grant covers is refused, and told why", async () => {
    await open();
    await check((await makeGrantReceipt(world, { args: (args) => Object.assign(args, { to: "Bob" }) })).text);
    expect(await status().textContent()).toBe("Not valid");
    expect(await conclusion()).toContain("The grant does not cover this: /to is another than was approved.");
  });

  test("that holds what cannot be verified is refused, and told why", async () => {
    await checkPolicy({ status: "approved", request: ({ context }) => (context.plan = true) });
    expect(await status().textContent()).toBe("Not valid");
    expect(await conclusion()).toContain("The receipt holds a plan, which this version cannot verify.");
  });
});

describe("on the running service", () => {
  test("anyone gets it with the service’s own key filled in; then it needs no network", async () => {
    const { origin } = inject("service");
    const context = await browser.newContext();
    const visitor = await context.newPage();
    const answer = await visitor.goto(`${origin}/verify`, { waitUntil: "networkidle" });
    expect([answer?.status(), answer?.headers()["content-security-policy"]]).toEqual([200, expect.stringContaining("connect-src 'self'")]);
    expect(await textbox("Log key", visitor).inputValue()).toBe((await (await fetch(`${origin}/log/vkey`)).text()).trim());
    expect(await textbox("Origin", visitor).inputValue()).toBe(origin);

    const sent: string[] = [];
    visitor.on("request", (request: Request) => sent.push(request.url()));
    await context.setOffline(true);
    const { text } = await makeReceipt(world, { status: "approved" });
    await visitor.getByLabel("Receipt file").setInputFiles(asFile(text));
    await checkButton(visitor).click();
    await status(visitor).getByText("Not valid").waitFor();
    await textbox("Log key", visitor).fill(world.trust.vkey);
    await textbox("Origin", visitor).fill(ORIGIN);
    await checkButton(visitor).click();
    await status(visitor).getByText("Valid: approved", { exact: true }).waitFor();
    expect(sent).toEqual([]);
    await context.close();
  });

  test("without scripts it sends nothing either, and says what to do", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const visitor = await context.newPage();
    await visitor.goto(`${inject("service").origin}/verify`);
    expect(await visitor.content()).toContain("This page needs JavaScript");
    expect(await checkButton(visitor).isDisabled()).toBe(true);
    expect(await visitor.locator("form [name]").count()).toBe(0);
    await context.close();
  });
});

describe("a valid receipt", () => {
  test.each<[Status, string]>([
    ["approved", "alex approved “Deploy api to production”, with the payload below."],
    ["denied", "alex denied “Deploy api to production”, with the payload below."],
    ["expired", "“Deploy api to production” expired: its deadline came before enough people had approved it."],
    ["cancelled", "“Deploy api to production” was cancelled: the agent withdrew it before it was decided."],
  ])("%s: every check holds", async (end, sentence) => {
    await checkMade({ status: end });
    expect(await status().textContent()).toBe(`Valid: ${end}`);
    expect(await states()).toEqual(CHECKS.map((code) => [code, "Holds"]));
    await page.getByText(sentence, { exact: true }).waitFor();
    expect(await page.getByText("No passkey signed.").count()).toBe(end === "expired" || end === "cancelled" ? 1 : 0);
  });

  test("without its payload: every check holds, and what is not there is not said to be compared", async () => {
    const withoutPayload = (receipt: object) =>
      void Object.assign(receipt, { type: "countersign/receipt-without-payload@v1", payload: null });
    await checkMade({ status: "approved", receipt: withoutPayload });
    expect(await states()).toEqual(CHECKS.map((code) => [code, "Holds"]));
    await page.getByText("alex approved “Deploy api to production”, with a payload that is not kept any more.", { exact: true }).waitFor();
    expect(await page.locator("[data-check=payload_mismatch]").textContent()).toContain("The payload is not in it, only its hash");
    expect(await evidence("payload_mismatch")).toContain("notkeptanymore,sonotcompared");
  });

  test("tells redemption and outcome, and whose word that is", async () => {
    await checkMade({ status: "approved", outcome: "failed" });
    const said = await page.locator("#conclusion").textContent();
    expect(said).toContain("release-bot redeemed it, on 20 Nov 2026, 09:20 UTC. That can be done once.");
    expect(said).toContain("The agent reported the outcome: failed. That is its own word.");
  });

  test("is shown with what each check looked at", async () => {
    const { final, passkeys } = await checkMade({ status: "approved", outcome: "succeeded" });
    const { request, decisions } = final.record;
    const [decision] = decisions;
    const [enrolled] = passkeys;
    if (decision === undefined || enrolled === undefined) throw new Error("one person decides");
    const { statement, assertion } = decision;
    const key = keyFingerprint(enrolled.record.credential.public_key);
    const [, root = ""] = /\n9\n(\S+)\n/.exec(final.proof) ?? [];
    const expected: Partial<Record<ReceiptFailureCode, string[]>> = {
      malformed: ["approval.approved", request.id, "Ticket4711"],
      payload_mismatch: [payloadHash(PAYLOAD), "4.2.0", "canary"],
      statement_mismatch: [requestHash(request), statement.nonce, "Checkedthechangelist.", "call.succeeded"],
      assertion_invalid: [hex(decisionChallenge(statement)), "personpresent,personverified", "ES256", assertion.signature],
      not_enrolled: [key, decision.credential_id, "asenrolledbythisoperator"],
      verdict_mismatch: ["passkeys", "alexapproved"],
      quorum_not_met: ["1ofthese", "usr_alexapproved", "usr_casey"],
      times_out_of_order: [request.requested_at, decision.at, final.record.at, request.expires_at, request.use_by].map((time) =>
        time.replace("T", "").replace("Z", "UTC"),
      ),
      not_included: [final, enrolled]
        .map(({ record, salt }) => hex(leafHash(leafEntry(record, salt))))
        .concat("index5of9leaves", "4hashes"),
      checkpoint_invalid: [hex(Buffer.from(root, "base64")), "gate.example.com/log", world.signer.keyId],
    };
    for (const code of CHECKS) {
      const shown = await evidence(code);
      for (const value of expected[code] ?? [`what ${code} looks at`]) expect(shown).toContain(value);
    }
    expect(await evidence("not_included")).toContain(`Rootitleadsto${hex(Buffer.from(root, "base64"))}`);
    expect(await evidence("assertion_invalid")).toContain(Buffer.from(fromB64u(assertion.client_data_json) ?? []).toString());
  });
});

const OTHER_PAYLOAD = { ...PAYLOAD, replicas: 4 };
const BROKEN: [ReceiptFailureCode, Recipe][] = [
  ["malformed", { status: "approved", receipt: (one) => Object.assign(one, { note: "" }) }],
  ["payload_mismatch", { status: "approved", receipt: (one) => Object.assign(one, { payload: OTHER_PAYLOAD }) }],
  ["statement_mismatch", { status: "approved", receipt: ({ comments }) => Object.assign(comments[0] ?? {}, { text: "Fine." }) }],
  ["assertion_invalid", { status: "approved", ceremony: (one) => Object.assign(one, { userVerified: false }) }],
  ["not_enrolled", { status: "approved", receipt: (one) => Object.assign(one, { passkeys: [] }) }],
  ["verdict_mismatch", { status: "denied", final: (one) => Object.assign(one, { kind: "approval.approved" }) }],
  ["quorum_not_met", { status: "approved", decisions: [] }],
  ["times_out_of_order", { status: "approved", final: (one) => Object.assign(one, { at: "2026-11-20T09:00:00.000Z" }) }],
  ["not_included", { status: "approved", proof: (one, leaf) => Object.assign(one, leaf === "final" ? { index: 4 } : {}) }],
  [
    "checkpoint_invalid",
    {
      status: "approved",
      proof: (one) => Object.assign(one, { checkpoint: one.checkpoint.replace(/— .*\n$/, "— witness.example AAAAAAAA\n") }),
    },
  ],
];

describe("a receipt that is not valid", () => {
  test.each(BROKEN)("stops at %s", async (code, recipe) => {
    await checkMade(recipe);
    expect(await status().textContent()).toBe("Not valid");
    const place = CHECKS.findIndex((one) => one === code);
    expect(await states()).toEqual(CHECKS.map((one, i) => [one, i < place ? "Holds" : i === place ? "Failed" : "Not reached"]));
    expect(await page.locator(`[data-check=${code}] code`).first().textContent()).toBe(code);
    expect(await page.locator("[data-state=unreached] dl").count()).toBe(0);
  });

  test("leaves under a checkpoint that cannot be read were not looked at", async () => {
    await checkMade({ status: "cancelled", proof: (one) => Object.assign(one, { checkpoint: "checkpoint" }) });
    expect((await states()).slice(-2)).toEqual([
      ["not_included", "Not reached"],
      ["checkpoint_invalid", "Failed"],
    ]);
  });

  test.each([
    ["bytes that are not UTF-8", Buffer.from([0x7b, 0xff, 0x7d])],
    ["a byte order mark", Buffer.from("\ufeff{}")],
    ["nothing", Buffer.alloc(0)],
  ])("a file of %s", async (_, content) => {
    await open();
    await page.getByLabel("Receipt file").setInputFiles(asFile(content));
    await checkButton().click();
    await status().getByText("Not valid").waitFor();
    expect((await states())[0]).toEqual(["malformed", "Failed"]);
  });
});

describe("what it rests on", () => {
  const rests = () => page.getByText(/^This rests on/).textContent();

  test("is said exactly as strong as it is", async () => {
    await checkMade({ status: "approved" });
    expect(await rests()).toBe(
      "This rests on the log key and the origin that this page filled in, which are this service’s word for itself. " +
        "Whose passkeys these are rests on this operator’s word: you named none yourself.",
    );
    await textbox("Log key").fill(world.trust.vkey);
    await textbox("Origin").fill(ORIGIN);
    await textbox("Approver keys").fill(`\nusr_blair=${"0".repeat(64)}\n usr_alex=${keyFingerprint(world.passkeys.alex.publicKey)} \n`);
    expect(await status().isVisible()).toBe(false);
    await checkButton().click();
    await status().getByText("Valid: approved").waitFor();
    expect(await rests()).toBe("This rests on the log key and the origin that you gave. The passkeys are those that you named.");
    await page.getByText("A receipt does not prove what the screen showed").waitFor();
  });

  test("keys that were named and did not sign are a failure", async () => {
    const { text } = await makeReceipt(world, { status: "approved" });
    await open();
    await textbox("Approver keys").fill(`usr_alex=${"0".repeat(64)}`);
    await check(text);
    expect((await states())[4]).toEqual(["not_enrolled", "Failed"]);
    expect(await evidence("not_enrolled")).toContain("notnamedbyyou");
  });

  test("has to be usable; what is wrong is said, and nothing is shown", async () => {
    const { text } = await makeReceipt(world, { status: "approved" });
    await open();
    await textbox("Receipt").fill(text);
    for (const [field, value, said] of [
      ["Log key", "key", "The log key is not an Ed25519 verifier key"],
      ["Origin", "gate.example.com", "The origin is not of the form https://gate.example.com"],
      ["Approver keys", "alex=1", "alex is not a person's id"],
    ] as const) {
      const before = await textbox(field).inputValue();
      await textbox(field).fill(value);
      await checkButton().click();
      await alert()
        .filter({ hasText: new RegExp(said, "i") })
        .waitFor();
      expect(await status().isVisible()).toBe(false);
      await textbox(field).fill(before);
    }
  });
});

describe("the form", () => {
  test("asks for a receipt if there is none", async () => {
    await open();
    await checkButton().click();
    expect(await alert().textContent()).toBe("Choose a receipt, drop it here, or paste its text.");
  });

  test("takes a file that is dropped anywhere; of file and text the later one counts", async () => {
    const [approved, denied] = [await makeReceipt(world, { status: "approved" }), await makeReceipt(world, { status: "denied" })];
    await open();
    await textbox("Receipt").fill(denied.text);
    const transfer = await page.evaluateHandle((text) => {
      const dropped = new DataTransfer();
      dropped.items.add(new File([text], "receipt.json"));
      return dropped;
    }, approved.text);
    await page.dispatchEvent("h1", "drop", { dataTransfer: transfer });
    expect(await textbox("Receipt").inputValue()).toBe("");
    await checkButton().click();
    await status().getByText("Valid: approved").waitFor();
    await check(denied.text);
    await status().getByText("Valid: denied").waitFor();
    expect(await page.getByLabel("Receipt file").inputValue()).toBe("");
  });

  test("checks a dropped file at once, and says the result first, then each step in a line that opens", async () => {
    const { text } = await makeReceipt(world, { status: "approved" });
    await open();
    const transfer = await page.evaluateHandle((content) => {
      const dropped = new DataTransfer();
      dropped.items.add(new File([content], "receipt.json"));
      return dropped;
    }, text);
    await page.dispatchEvent("h1", "drop", { dataTransfer: transfer });
    await status().getByText("Valid: approved", { exact: true }).waitFor();
    const payload = page.locator("[data-check=payload_mismatch]");
    const value = payload.getByText("Its SHA-256");
    expect(await value.isVisible()).toBe(false);
    await payload.locator("summary").click();
    expect(await value.isVisible()).toBe(true);
    const lines = await page.locator("#checks > li").evaluateAll((all) => all.map((one) => one.querySelectorAll("details").length));
    expect(lines.every((count) => count >= 1)).toBe(true);
  });

  test("forgets a result as soon as anything it rests on changes", async () => {
    await checkMade({ status: "approved" });
    await textbox("Origin").press("End");
    await textbox("Origin").press("Backspace");
    expect(await status().isVisible()).toBe(false);
  });
});

const HOSTILE = "<img src=x onerror=alert(1)></script><b>x</b> \u202Egnp.exe pаypal\u200B";

test("text in a receipt is text, and what could hide is visible", async () => {
  await checkMade({
    status: "approved",
    payload: { [HOSTILE]: HOSTILE },
    decisions: [{ by: "alex", verdict: "approved", comment: HOSTILE }],
    request: (request) =>
      Object.assign(request, { action: HOSTILE, reason: HOSTILE, requested_by: { ...request.requested_by, name: HOSTILE } }),
  });
  expect(await status().textContent()).toBe("Valid: approved");
  expect(await page.locator("#result img, #result b").count()).toBe(0);
  expect(await page.locator("#result .escape", { hasText: "U+202E" }).count()).toBeGreaterThanOrEqual(7);
  expect(await page.locator("#result").textContent()).not.toMatch(/[\u202e\u200b]/);
  await page.getByText("RIGHT-TO-LEFT OVERRIDE").first().waitFor();
});

describe.each([390, 1440])("at %d px", (width) => {
  test.each(["light", "dark"] as const)(
    "%s: breaks no rule of WCAG before, with a valid one and with a broken one, and fits",
    async (colorScheme) => {
      await page.setViewportSize({ width, height: 844 });
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const [valid, broken] = [
        await makeReceipt(world, { status: "approved", outcome: "succeeded", payload: { deep: { list: [HOSTILE, { a: null }] } } }),
        await makeReceipt(world, { status: "approved", ceremony: (one) => Object.assign(one, { origin: "https://other.example" }) }),
      ];
      await open();
      expect(await violationsOn(page)).toEqual([]);
      for (const { text } of [valid, broken]) {
        await check(text);
        expect(await violationsOn(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      }
    },
  );
});

describe("a link to a request’s receipt", () => {
  const ID = `apr_${"a".repeat(32)}`;
  let asked: string[] = [];
  const openAt = (fragment: string, answer: { status?: number; json: unknown }) => {
    asked = [];
    return openPage(page, `/verify${fragment}`, <VerifyPage origin={ORIGIN} vkey={world.trust.vkey} />, (path) => {
      asked.push(path);
      return answer;
    });
  };

  test("fills it in and checks it", async () => {
    const { text, receipt } = await makeReceipt(world, { status: "denied" });
    await openAt(`#request=${ID}`, { json: receipt });
    await status().getByText("Valid: denied", { exact: true }).waitFor();
    expect(JSON.parse(await textbox("Receipt").inputValue())).toEqual(JSON.parse(text));
    expect(asked).toEqual([`/api/v1/approvals/${ID}/receipt`]);
  });

  test.each([
    [401, "unauthorized", "You are not signed in, so this receipt could not be fetched. Sign in, then open the link again."],
    [404, "unknown_request", "There is no receipt for this request that you may see."],
    [409, "not_final", "This request has not ended yet, so it has no receipt."],
    [503, "unavailable", "The receipt could not be fetched. Try again, or choose its file here."],
  ])("says why there is none: %d", async (code, word, told) => {
    await openAt(`#request=${ID}`, { status: code, json: { code: word, detail: "No." } });
    await alert().getByText(told, { exact: true }).waitFor();
    expect(await textbox("Receipt").inputValue()).toBe("");
    expect(await page.locator("#result").isVisible()).toBe(false);
  });

  test.each([
    "#request=",
    "#request=apr_short",
    `#request=${ID}/../../me`,
    `#request=${ID}%2F..`,
    `#request=//evil.example/${ID}`,
    `#request=https://evil.example/${ID}`,
    `#receipt=/api/v1/me`,
    `#request=../me&x=${ID}`,
  ])("fetches nothing else: %s", async (fragment) => {
    await openAt(fragment, { json: {} });
    await checkButton().click();
    await alert().getByText("Choose a receipt, drop it here, or paste its text.").waitFor();
    expect(asked).toEqual([]);
  });

  test("gives way to what is entered meanwhile", async () => {
    const { text, receipt } = await makeReceipt(world, { status: "denied" });
    const own = await makeReceipt(world, { status: "approved" });
    let give = (): void => undefined;
    const late = new Promise<void>((resolve) => (give = resolve));
    await openPage(page, `/verify#request=${ID}`, <VerifyPage origin={ORIGIN} vkey={world.trust.vkey} />, async () => {
      await late;
      return { json: receipt };
    });
    await textbox("Receipt").fill(own.text);
    give();
    await page.waitForTimeout(200);
    expect(await textbox("Receipt").inputValue()).not.toBe(text);
    await checkButton().click();
    await status().getByText("Valid: approved", { exact: true }).waitFor();
  });
});
