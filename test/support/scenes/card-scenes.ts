/** The card in every state, and the inbox. */
import type { OpenScene, Scene } from "./open-scene.ts";
import { BEFORE_AND_AFTER, TO_LOOK_AT, WITH_CODE } from "./stage-texts.ts";
import { readThrough } from "#test/support/browser/browser-person.ts";

const verified = ({ page }: OpenScene): Promise<void> => page.getByText("Display verified", { exact: true }).waitFor();
const status = ({ page }: OpenScene, text: string): Promise<void> => page.getByRole("status").getByText(text, { exact: true }).waitFor();
const button = ({ page }: OpenScene, name: string) => page.getByRole("button", { name, exact: true });
const alert = ({ page }: OpenScene, text: string | RegExp): Promise<void> => page.getByRole("alert").getByText(text).first().waitFor();

/** A browser without passkeys. */
export const NO_WEBAUTHN = "delete window.PublicKeyCredential;";
/** The browser of an app for pictures, which may not be able to use passkeys. */
export const IN_AN_APP =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 390.0.0.28.85 (iPhone16,1; iOS 18_5; en_US; en; scale=3.00; 1179x2556)";

async function openPrompt(open: OpenScene): Promise<void> {
  await verified(open);
  await open.authenticator.setAutomaticPresence(false);
  await open.page.getByRole("textbox", { name: "Comment", exact: true }).fill("Not on a Friday.");
  await button(open, "Deny with passkey").click();
  await button(open, "Stop waiting").waitFor();
}

const SIGNING: readonly Scene[] = [
  { name: "card-prompt-open", as: "alex", path: (stage) => stage.approval("pending"), play: openPrompt },
  {
    name: "card-prompt-closed",
    as: "alex",
    path: (stage) => stage.approval("pending"),
    play: async (open) => {
      await openPrompt(open);
      await button(open, "Stop waiting").click();
      await alert(open, "Nothing was signed.");
    },
  },
  {
    name: "card-session-over",
    as: "alex",
    path: (stage) => stage.approval("pending"),
    play: async (open) => {
      await verified(open);
      await open.context.clearCookies();
      await button(open, "Deny with passkey").click();
      await alert(open, "you were signed out");
    },
  },
  {
    name: "card-offline",
    as: "alex",
    path: (stage) => stage.approval("pending"),
    play: async (open) => {
      await verified(open);
      await open.context.setOffline(true);
      await button(open, "Deny with passkey").click();
      await alert(open, "No answer came through");
    },
  },
  {
    name: "card-difference-found",
    as: "alex",
    path: (stage) => stage.approval("pending"),
    play: async (open) => {
      await verified(open);
      await open.page.evaluate(() => {
        const value = document.querySelector("#payload .string .text");
        if (value !== null) value.textContent = "something else";
      });
      await alert(open, "does not show exactly what would be signed");
    },
  },
  {
    name: "card-no-passkey",
    as: "alex",
    path: (stage) => stage.approval("pending"),
    before: NO_WEBAUTHN,
    play: ({ page }) => page.getByText("This browser cannot use passkeys.").waitFor(),
  },
  {
    name: "card-go-on-with-phone",
    as: "alex",
    path: (stage) => stage.approval("pending"),
    before: NO_WEBAUTHN,
    play: async ({ page }) => {
      await page.getByRole("button", { name: "Go on with your phone" }).click();
      await page.getByRole("img", { name: "QR code of this page’s link" }).waitFor();
    },
  },
  { name: "card-in-an-app", as: "alex", path: (stage) => stage.approval("pending"), browser: { userAgent: IN_AN_APP }, play: verified },
  { name: "card-no-script", as: "alex", path: (stage) => stage.approval("pending"), browser: { javaScriptEnabled: false } },
];

const READING: readonly Scene[] = [
  { name: "card-pending", as: "alex", path: (stage) => stage.approval("pending"), play: verified },
  {
    name: "card-read",
    as: "alex",
    path: (stage) => stage.approval("pending"),
    play: async (open) => {
      await verified(open);
      await readThrough(open.page);
      await open.page.getByText("You sign as alex").waitFor();
    },
  },
  {
    name: "card-comment",
    as: "alex",
    path: (stage) => stage.approval("pending"),
    play: async (open) => {
      await verified(open);
      await open.page.getByRole("textbox", { name: "Comment", exact: true }).fill("One line.\nAnother one.\nAnd a third, which is longer.");
    },
  },
  { name: "card-of-high-risk", as: "alex", path: (stage) => stage.approval("of-high-risk"), play: verified },
  { name: "card-hostile", as: "alex", path: (stage) => stage.approval("hostile"), play: verified },
  { name: "card-right-to-left", as: "alex", path: (stage) => stage.approval("right-to-left"), play: verified },
  { name: "card-large", as: "alex", path: (stage) => stage.approval("large"), play: verified },
  {
    name: "card-code",
    as: "alex",
    path: (stage) => stage.askAt("with-code", { action: "Migrate the accounts", payload: WITH_CODE }),
    play: verified,
  },
  {
    name: "card-before-and-after",
    as: "alex",
    path: (stage) => stage.askAt("before-and-after", { action: "Change the limits of the shop", payload: BEFORE_AND_AFTER }),
    play: verified,
  },
  {
    name: "card-look-at-this",
    as: "alex",
    path: (stage) => stage.askAt("to-look-at", { action: "Clean up the shop", payload: TO_LOOK_AT }),
    play: verified,
  },
  {
    name: "card-look-at-all-of-this",
    as: "alex",
    path: (stage) => stage.askAt("to-look-at-all", { action: "Clean up the shop", payload: TO_LOOK_AT }),
    play: async (open) => {
      await verified(open);
      await open.page.getByText(/^\d+ more$/).click();
    },
  },
  { name: "card-signed-by-me", as: "alex", path: (stage) => stage.approval("signed-one"), play: verified },
  { name: "card-signed-by-another", as: "sam", path: (stage) => stage.approval("signed-one"), play: verified },
  { name: "card-of-an-auditor", as: "kim", path: (stage) => stage.approval("pending"), play: verified },
  { name: "card-not-for-you", as: "lee", path: (stage) => stage.approval("pending") },
  {
    name: "card-last-minutes",
    as: "alex",
    path: (stage) => stage.askAt("last-minutes", { expires_in_seconds: 100, action: "Extend the certificate of the shop" }),
    play: verified,
  },
  { name: "card-deny-all-like-this", as: "alex", path: (stage) => `${stage.approval("pending")}/alike` },
];

const ENDED: readonly Scene[] = [
  { name: "card-approved", as: "alex", path: (stage) => stage.approval("approved"), play: (open) => status(open, "Approved") },
  { name: "card-used", as: "alex", path: (stage) => stage.approval("used"), play: (open) => status(open, "Approved") },
  { name: "card-denied", as: "alex", path: (stage) => stage.approval("denied"), play: (open) => status(open, "Denied") },
  { name: "card-cancelled", as: "alex", path: (stage) => stage.approval("cancelled"), play: (open) => status(open, "Cancelled") },
  {
    name: "card-expired",
    as: "alex",
    path: async (stage) => {
      await stage.overdue("expired");
      return stage.approval("expired");
    },
    play: (open) => status(open, "Expired"),
  },
  {
    name: "card-approved-just-now",
    as: "alex",
    path: (stage) => stage.askAt("approved-now", { action: "Renew the domain for a year", payload: { domain: "example.com", years: 1 } }),
    play: async (open) => {
      await verified(open);
      await readThrough(open.page);
      await button(open, "Approve with passkey").click();
      await status(open, "Approved");
    },
  },
];

const INBOX: readonly Scene[] = [
  { name: "inbox", as: "alex", path: "/" },
  { name: "inbox-empty", as: "lee", path: "/" },
  { name: "inbox-of-an-auditor", as: "kim", path: "/" },
  { name: "inbox-no-script", as: "alex", path: "/", browser: { javaScriptEnabled: false } },
];

export const CARD_SCENES: readonly Scene[] = [...READING, ...SIGNING, ...ENDED, ...INBOX];
