/**
 * The browser's passkey prompt: what to say when it ends without an answer, and a way out where it does not end. Browsers give one error
 * for nearly everything (WebAuthn L3, 14.5.1 and 14.6.2: pages shall not learn which passkeys a device has); how long it took tells
 * some of it apart.
 */
import { WebAuthnAbortService, WebAuthnError } from "@simplewebauthn/browser";
import { accept, refuse, type Result } from "#countersign/result.ts";

/** Sooner than a person closes anything. */
const AT_ONCE_MS = 700;
/** After that a browser that heeds its own timeout has ended the prompt. */
const GRACE_MS = 10_000;
/** A prompt that is answered at once needs no way out. */
const WAY_OUT_MS = 1_000;

export interface Prompt<Answer> {
  open: () => Promise<Answer>;
  /** The options' timeout. */
  timeoutMs: number;
  /** What did not happen, as a sentence. */
  nothing: string;
  /** What this device lacks if it refuses at once, and what to do about it. */
  lacking: string;
}

/** Stands for a prompt that nobody waits for any more. */
class Stopped extends Error {}

/** Shows a button that calls `stop`, beside whatever is busy; gives what takes it away. */
function offerWayOut(stop: () => void): () => void {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link";
  button.textContent = "Stop waiting";
  button.addEventListener("click", stop);
  const timer = setTimeout(() => {
    const place = document.querySelector("[data-way-out]");
    if (place === null) document.querySelector('[aria-busy="true"]')?.after(button);
    else place.append(button);
  }, WAY_OUT_MS);
  return () => {
    clearTimeout(timer);
    button.remove();
  };
}

const KEY_WITHOUT_PIN = "A security key needs a PIN or a fingerprint of its own; older ones (U2F) have neither.";

/** Why the prompt of `lastedMs` ended without an answer, and what to do. */
function explain(error: unknown, lastedMs: number, { timeoutMs, lacking }: Prompt<unknown>): string {
  if (error instanceof Stopped) return "You stopped waiting for your passkey. You can try again.";
  const code = error instanceof WebAuthnError ? error.code : null;
  const name = error instanceof Error ? error.name : "";
  if (code === "ERROR_AUTHENTICATOR_MISSING_USER_VERIFICATION_SUPPORT") return `${KEY_WITHOUT_PIN} Set one up, or use another device.`;
  if (code === "ERROR_AUTHENTICATOR_MISSING_DISCOVERABLE_CREDENTIAL_SUPPORT") {
    return "This security key cannot hold a passkey, or has no room for another. Use another key or device.";
  }
  switch (name) {
    case "InvalidStateError":
      return "This device already has a passkey of yours for this service. Use that one, or make one on another device.";
    case "NotSupportedError":
      return "This device makes no passkey of a kind that this service can check. Use another device.";
    case "SecurityError":
      return "Passkeys do not work at this address. Open the address that you were given.";
    case "AbortError":
      return "The prompt was closed by this page. You can try again.";
    case "NotAllowedError":
      if (lastedMs < AT_ONCE_MS) return `The browser refused at once: ${lacking} ${KEY_WITHOUT_PIN}`;
      if (lastedMs >= timeoutMs) return `The prompt timed out after ${Math.round(timeoutMs / 60_000)} minutes. You can try again.`;
      return `The prompt was closed. You can try again. If it was not you who closed it: ${lacking} ${KEY_WITHOUT_PIN}`;
    default:
      return `The browser could not use a passkey${name === "" ? "" : ` (${name})`}. Try again, or use another browser.`;
  }
}

/** Opens the prompt; gives its answer, or what to tell. Ends in any case, also where the browser's own never does. */
export async function answered<Answer>(prompt: Prompt<Answer>): Promise<Result<Answer, string>> {
  const openedAt = performance.now();
  const way = Promise.withResolvers<never>();
  const giveUp = (error: Error): void => {
    way.reject(error);
    WebAuthnAbortService.cancelCeremony();
  };
  const late = setTimeout(() => giveUp(new DOMException("", "NotAllowedError")), prompt.timeoutMs + GRACE_MS);
  const takeAway = offerWayOut(() => giveUp(new Stopped()));
  try {
    return accept(await Promise.race([prompt.open(), way.promise]));
  } catch (error) {
    return refuse(`${prompt.nothing} ${explain(error, performance.now() - openedAt, prompt)}`);
  } finally {
    clearTimeout(late);
    takeAway();
  }
}
