/** What becomes of the page's means to decide once nobody can any more, or nothing may be signed on it. */
import { WebAuthnAbortService } from "@simplewebauthn/browser";
import { byId, tell } from "#pages/kit/browser/page.ts";
import { approvalScriptTexts as texts } from "#texts/browser/approvals/page.ts";
import { DIFFERENCE } from "./words.ts";
/** Takes away everything with which one could decide. */
export function closeDecision(): void {
  document.getElementById("decision")?.remove();
  document.getElementById("comment-field")?.remove();
  document.getElementById("alike")?.remove();
  document.getElementById("remember")?.remove();
  document.getElementById("ask-back")?.remove();
  document.getElementById("propose")?.remove();
}

export function showVerified(word: "verified" | "different"): void {
  const verified = byId("verified");
  verified.dataset["state"] = word;
  verified.textContent = word === "verified" ? texts.close.displayVerified : texts.close.differenceFound;
}

export function findDifference(): void {
  showVerified("different");
  closeDecision();
  WebAuthnAbortService.cancelCeremony();
  tell(DIFFERENCE);
}
