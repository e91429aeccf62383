/**
 * The browser's passkey prompt: what to say when it ends without an answer, and a way out where it does not end. Browsers give one error
 * for nearly everything (WebAuthn L3, 14.5.1 and 14.6.2: pages shall not learn which passkeys a device has); how long it took tells
 * some of it apart.
 */
import { WebAuthnAbortService, WebAuthnError } from "@simplewebauthn/browser";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { pageScriptTexts as texts } from "#texts/browser/kit/page.ts";

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
  button.textContent = texts.prompt.stopWaiting;
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

const KEY_WITHOUT_PIN = texts.prompt.keyWithoutPin;

/** Why the prompt of `lastedMs` ended without an answer, and what to do. */
function explain(error: unknown, lastedMs: number, { timeoutMs, lacking }: Prompt<unknown>): string {
  if (error instanceof Stopped) return texts.prompt.stopped;
  const code = error instanceof WebAuthnError ? error.code : null;
  const name = error instanceof Error ? error.name : "";
  if (code === "ERROR_AUTHENTICATOR_MISSING_USER_VERIFICATION_SUPPORT") return texts.prompt.keyLacksPin(KEY_WITHOUT_PIN);
  if (code === "ERROR_AUTHENTICATOR_MISSING_DISCOVERABLE_CREDENTIAL_SUPPORT") {
    return texts.prompt.keyIsFull;
  }
  switch (name) {
    case "InvalidStateError":
      return texts.prompt.alreadyThere;
    case "NotSupportedError":
      return texts.prompt.noSuchKind;
    case "SecurityError":
      return texts.prompt.wrongAddress;
    case "AbortError":
      return texts.prompt.closed;
    case "NotAllowedError":
      if (lastedMs < AT_ONCE_MS) return texts.prompt.refusedAtOnce(lacking, KEY_WITHOUT_PIN);
      if (lastedMs >= timeoutMs) return texts.prompt.timedOut(Math.round(timeoutMs / 60_000));
      return texts.prompt.closedByPerson(lacking, KEY_WITHOUT_PIN);
    default:
      return texts.prompt.failed(name);
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
