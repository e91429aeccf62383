/** `/verify#proof` in a real browser: that an entry is in a log, each step shown with its values, alone and under a witness policy. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { hashJson, type JsonObject } from "#countersign/json/canonical-json.ts";
import { leafEntry } from "#countersign/documents/record.ts";
import { VerifyPage } from "#pages/log/verify-page.tsx";
import { type Cosigner, makeCosigner, makeWitnessVkey } from "#countersign/tlog/cosignature.ts";
import { leafHash } from "#countersign/tlog/merkle.ts";
import type { Receipt } from "#countersign/verifier.ts";
import { violationsOn } from "#test/support/browser/accessibility.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { makeReceipt, makeWorld, ORIGIN, PAYLOAD, type Recipe, type World } from "#test/support/documents/sealed-receipt.ts";
import { openPage } from "#test/support/browser/served-pages.tsx";

let browser: Browser;
let page: Page;
let world: World;
let witness: Cosigner;
let policy: string;
beforeAll(async () => {
  [browser, world, witness] = await Promise.all([enterChromium(), makeWorld(), makeCosigner("witness.example", sha256(utf8("witness")))]);
  page = await browser.newPage();
  policy = `witness first ${makeWitnessVkey(witness.name, witness.publicKey)}\nquorum first`;
});
afterAll(leaveChromium);

const textbox = (name: string) => page.getByRole("textbox", { name, exact: true });
const status = () => page.getByRole("status");
const states = () =>
  page.locator("[data-check]").evaluateAll((shown) => shown.map((one) => [one.dataset["check"], one.querySelector(".state")?.textContent]));
const evidence = async (name: string) => ((await page.locator(`[data-check=${name}]`).textContent()) ?? "").replaceAll(" ", "");
const all = (state: string, ...checks: string[]) => checks.map((name) => [name, state]);

const open = () => openPage(page, "/verify#proof", <VerifyPage origin={ORIGIN} vkey={world.trust.vkey} />);

interface Given {
  proof?: string;
  entry: string;
  policy?: string;
}
async function check({ proof = "", entry, policy: given = "" }: Given): Promise<void> {
  await textbox("Proof").fill(proof);
  await textbox("Entry").fill(entry);
  await textbox("Witness policy").fill(given);
  await page.getByRole("button", { name: "Check proof" }).click();
  await status()
    .getByText(/In the log|Not proven/)
    .waitFor();
}

/** The final record of a receipt, as one would paste it. */
async function finalOf(recipe: Partial<Recipe> = {}): Promise<Receipt["final"]> {
  return (await makeReceipt(world, { status: "approved", ...recipe })).receipt.final;
}
const entryOf = ({ record, salt }: Receipt["final"]) => leafEntry(record, salt);

describe("an entry that is in the log", () => {
  test.each<[string, (final: Receipt["final"]) => Given, string]>([
    [
      "as it stands in a receipt",
      ({ record, salt, proof }) => ({ entry: JSON.stringify({ record, salt, proof }) }),
      "Exactly this record is",
    ],
    [
      "as the log reveals it",
      ({ record, salt, proof }) => ({ proof, entry: JSON.stringify({ index: 5, record, salt, payload: PAYLOAD }) }),
      "Exactly this record is",
    ],
    ["by its bytes", (final) => ({ proof: final.proof, entry: hex(entryOf(final)) }), "An entry with this hash is"],
    ["by its hash", (final) => ({ proof: ` ${final.proof}\n\n`, entry: hex(leafHash(entryOf(final))) }), "An entry with this hash is"],
  ])("%s: every step holds, and is shown with its values", async (_, given, said) => {
    const final = await finalOf();
    await open();
    await check(given(final));
    expect(await status().textContent()).toBe("In the log");
    expect(await states()).toEqual(all("Holds", "proof", "leaf", "checkpoint", "path"));
    const hash = hex(leafHash(entryOf(final)));
    expect(await evidence("proof")).toContain("Index5");
    expect(await evidence("leaf")).toContain(hash);
    expect(await evidence("checkpoint")).toContain(world.signer.keyId);
    const [, root = ""] = /\n(\S+)\n\n— /.exec(final.proof) ?? [];
    const signedRoot = Buffer.from(root, "base64").toString("hex");
    expect(await evidence("path")).toContain(`Rootitleadsto${signedRoot}`);
    expect(await evidence("path")).toContain(`Rootthatissigned${signedRoot}`);
    expect(await page.locator("#conclusion").textContent()).toContain(`${said} in the log gate.example.com/log, at index 5 of`);
    expect(await page.locator("#conclusion").textContent()).toContain("the log key that this page filled in");
  });

  test("record, salt and payload are shown in full, and so is what they hash to", async () => {
    const { record, salt, proof } = await finalOf();
    await open();
    await check({ proof, entry: JSON.stringify({ record, salt, payload: PAYLOAD }) });
    const shown = await evidence("leaf");
    for (const value of [hex(hashJson(record)), hex(leafEntry(record, salt)), salt, record.request.id, "canary"])
      expect(shown).toContain(value);
  });
});

describe("what does not hold is named, and nothing after it is looked at:", () => {
  const someHash = "ab".repeat(32);
  test.each<[string, (final: Receipt["final"]) => Given, string[], string, string]>([
    ["no proof", () => ({ proof: "proof", entry: someHash }), [], "proof", "malformed_proof"],
    [
      "another index than it says",
      ({ record, salt, proof }) => ({ entry: JSON.stringify({ record, salt, proof, index: 4 }) }),
      ["proof"],
      "leaf",
      "another_index",
    ],
    [
      "a signature that does not hold",
      (final) => ({ proof: final.proof.replace(/\n\d+\n(?=\S+\n\n)/, "\n99\n"), entry: someHash }),
      ["proof", "leaf"],
      "checkpoint",
      "bad_signature",
    ],
    ["another entry", ({ proof }) => ({ proof, entry: someHash }), ["proof", "leaf", "checkpoint"], "path", "not_included"],
    [
      "another place",
      (final) => ({ proof: final.proof.replace("index 5", "index 4"), entry: hex(entryOf(final)) }),
      ["proof", "leaf", "checkpoint"],
      "path",
      "not_included",
    ],
  ])("%s", async (_, given, held, failed, code) => {
    await open();
    await check(given(await finalOf()));
    expect(await status().textContent()).toBe("Not proven");
    const shown = await states();
    expect(shown.slice(0, held.length + 1)).toEqual([...all("Holds", ...held), [failed, "Failed"]]);
    for (const [, state] of shown.slice(held.length + 1)) expect(state).toBe("Not reached");
    expect(await page.locator(`[data-check=${failed}] > p code`).textContent()).toBe(code);
  });

  test("a record of another log", async () => {
    const final = await finalOf({ final: (record) => Object.assign(record, { log: "other.example/log" }) });
    await open();
    await check({ proof: final.proof, entry: JSON.stringify({ record: final.record, salt: final.salt }) });
    expect((await states()).at(-1)).toEqual(["path", "Failed"]);
    expect(await page.locator("#conclusion").textContent()).toContain("other.example/log");
  });
});

describe("under a witness policy", () => {
  test("who has seen it, and when, is part of the result", async () => {
    const { record, salt, proof } = await finalOf({ cosigners: [witness] });
    await open();
    await check({ proof, entry: JSON.stringify({ record, salt }), policy });
    expect(await states()).toEqual(all("Holds", "proof", "leaf", "checkpoint", "witnesses", "path"));
    expect(await evidence("witnesses")).toContain("underthecheckpoint,2026-11-2011:30:00.000UTC");
    expect(await page.locator("#conclusion").textContent()).toContain("Seen in this state by witness.example on 20 Nov 2026, 11:30 UTC");
  });

  test("not enough witnesses are a failure", async () => {
    const { record, salt, proof } = await finalOf();
    await open();
    await check({ proof, entry: JSON.stringify({ record, salt }), policy });
    expect((await states()).slice(-2)).toEqual([
      ["witnesses", "Failed"],
      ["path", "Not reached"],
    ]);
  });

  test("the policy may bring the log’s key; one that cannot be read is told by its line", async () => {
    const { record, salt, proof } = await finalOf({ cosigners: [witness] });
    const entry = JSON.stringify({ record, salt });
    await open();
    await textbox("Log key").fill("");
    await check({ proof, entry, policy: `log ${world.trust.vkey}\n${policy}` });
    expect(await page.locator("#conclusion").textContent()).toContain("This rests on the log keys of the policy that you gave.");
    await textbox("Witness policy").fill(`log ${world.trust.vkey}\nnonsense`);
    await page.getByRole("button", { name: "Check proof" }).click();
    await page
      .getByRole("alert")
      .getByText(/^Witness policy, line 2: /)
      .waitFor();
    expect(await status().isVisible()).toBe(false);
  });

  test("receipts are checked under it as well", async () => {
    const { text } = await makeReceipt(world, { status: "approved", cosigners: [witness] });
    await open();
    await page.getByRole("link", { name: "A receipt" }).click();
    await textbox("Receipt").fill(text);
    await textbox("Witness policy").fill(policy);
    await page.getByRole("button", { name: "Check receipt" }).click();
    await status().getByText("Valid: approved", { exact: true }).waitFor();
    expect((await states()).at(-1)).toEqual(["witnesses_missing", "Holds"]);
    expect(await page.locator("#conclusion").textContent()).toContain("Seen in this state by witness.example");
  });
});

test.each<[string, Given, string]>([
  ["nothing", { entry: "" }, "Paste a proof, and what you have of the entry."],
  ["no proof", { entry: "ab".repeat(32) }, "Paste a proof, and what you have of the entry."],
  [
    "an entry that is none",
    { proof: "x", entry: "entry" },
    "The entry is neither JSON with record and salt, nor 33 bytes, nor a hash of 32 bytes.",
  ],
])("asks again for what cannot be checked: %s", async (_, { proof = "", entry }, said) => {
  await open();
  await textbox("Proof").fill(proof);
  await textbox("Entry").fill(entry);
  await page.getByRole("button", { name: "Check proof" }).click();
  await page.getByRole("alert").getByText(said, { exact: true }).waitFor();
  expect(await status().isVisible()).toBe(false);
});

const HOSTILE = "<img src=x onerror=alert(1)></script> \u202Egnp.exe\u200B";

describe.each([390, 1440])("at %d px", (width) => {
  test.each(["light", "dark"] as const)("%s: breaks no rule of WCAG, hides nothing of hostile text, and fits", async (colorScheme) => {
    await page.setViewportSize({ width, height: 844 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const payload: JsonObject = { [HOSTILE]: HOSTILE };
    const { record, salt, proof } = await finalOf({
      payload,
      cosigners: [witness],
      request: (request) => Object.assign(request, { action: HOSTILE, reason: HOSTILE }),
    });
    await open();
    expect(await violationsOn(page)).toEqual([]);
    for (const given of [
      { proof, entry: JSON.stringify({ record, salt, payload }), policy },
      { proof, entry: "ab".repeat(32) },
    ]) {
      await check(given);
      expect(await violationsOn(page)).toEqual([]);
      expect(await page.locator("#result img").count()).toBe(0);
      expect(await page.locator("#result").textContent()).not.toMatch(/[\u202e\u200b]/);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    }
  });
});
