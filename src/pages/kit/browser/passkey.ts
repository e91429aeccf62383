/** Asking for a passkey: to make one, to sign in, to sign. The prompt itself is prompt.ts. */
import {
  type AuthenticationResponseJSON,
  browserSupportsWebAuthn,
  browserSupportsWebAuthnAutofill,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  sendSignal,
  startAuthentication,
  startRegistration,
  WebAuthnAbortService,
} from "@simplewebauthn/browser";
import { b64u, type Bytes, utf8 } from "#countersign/encoding/bytes.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { Assertion } from "#countersign/documents/record.ts";
import { accept, type Result } from "#countersign/result.ts";
import { base64url } from "#countersign/documents/words.ts";
import { anyObject, list, Misfit, object, type Shape, text } from "#countersign/json/shape.ts";
import { pageScriptTexts as texts } from "#texts/browser/kit/page.ts";
import { offerElsewhere, offerOutOfApp } from "./elsewhere.ts";
import { tell } from "./page.ts";
import { answered } from "./prompt.ts";

export { browserSupportsWebAuthn };

export const NO_PASSKEYS = texts.passkey.unsupported;

/** Offers the page's link behind `place` where passkeys may not work: in a browser that has none, in one inside another app. False if it has none. */
export function offerWhereNeeded(place: Element, link = location.href): boolean {
  offerOutOfApp(place, link);
  if (browserSupportsWebAuthn()) return true;
  offerElsewhere(place, link);
  return false;
}

/** The same, in the page's message; one without asks for no passkey. */
export function tellOfPasskeys(link = location.href): boolean {
  const message = document.getElementById("message");
  if (message === null) return browserSupportsWebAuthn();
  const isAble = offerWhereNeeded(message, link);
  if (!isAble) tell(NO_PASSKEYS);
  return isAble;
}

/** A person's passkeys, as the server names them for a prompt. */
export const credentialsShape = list(object({ id: base64url(), transports: list(text(1)) }));
export type PromptCredentials = { id: string; transports: string[] }[];

/** Options of a ceremony; their members are the browser's to check. */
const optionsShape =
  <Options extends { challenge: string }>(): Shape<Options> =>
  (value, path) => {
    const options = anyObject(value, path);
    if (typeof options["challenge"] !== "string") throw new Misfit(`${path}.challenge`, "text");
    return options as JsonObject & Options;
  };
export const requestOptions = optionsShape<PublicKeyCredentialRequestOptionsJSON>();
export const creationOptions = optionsShape<PublicKeyCredentialCreationOptionsJSON>();

/** An answered prompt that signed a challenge. */
export interface Signed {
  credential_id: string;
  assertion: Assertion;
}

const signedOf = ({ id, response }: AuthenticationResponseJSON): Signed => ({
  credential_id: id,
  assertion: {
    client_data_json: response.clientDataJSON,
    authenticator_data: response.authenticatorData,
    signature: response.signature,
  },
});

const TIMEOUT_MS = 120_000;
const lastsFor = ({ timeout }: { timeout?: number }): number => timeout ?? TIMEOUT_MS;

const NO_PASSKEY_HERE = texts.passkey.noneHere;
const NO_PLACE_HERE = texts.passkey.noneCanBeMade;

/** Asks for a signature over `challenge` by one of `credentials`, the person verified. */
export async function sign(challenge: Bytes, credentials: PromptCredentials, rpId: string): Promise<Result<Signed, string>> {
  const optionsJSON = {
    challenge: b64u(challenge),
    rpId,
    // The list of transports grows with the platform; browsers ignore those they do not know.
    allowCredentials: credentials.map(({ id, transports }) => ({ id, type: "public-key", transports })),
    userVerification: "required",
    timeout: TIMEOUT_MS,
  } as PublicKeyCredentialRequestOptionsJSON;
  const answer = await answered({
    open: () => startAuthentication({ optionsJSON }),
    timeoutMs: TIMEOUT_MS,
    nothing: texts.passkey.nothingWasSigned,
    lacking: NO_PASSKEY_HERE,
  });
  return answer.ok ? accept(signedOf(answer.value)) : answer;
}

/** Signs in with the options that the server made; what comes back is for the server. */
export const assertWith = (optionsJSON: PublicKeyCredentialRequestOptionsJSON): Promise<Result<AuthenticationResponseJSON, string>> =>
  answered({
    open: () => startAuthentication({ optionsJSON }),
    timeoutMs: lastsFor(optionsJSON),
    nothing: texts.passkey.notSignedIn,
    lacking: NO_PASSKEY_HERE,
  });

/** Whether the browser can offer passkeys in a field, as it offers addresses (conditional mediation). */
export const canOfferInField = (): Promise<boolean> => browserSupportsWebAuthnAutofill();

/** An offer in a field, which the browser itself never ends, is given up before the options are too old for the service. */
const OFFERED_MS = 4 * 60_000;

/** The answer of the passkey that somebody chooses in the field; null if none was, or another prompt took its place. */
export async function offeredInField(optionsJSON: PublicKeyCredentialRequestOptionsJSON): Promise<AuthenticationResponseJSON | null> {
  const late = setTimeout(() => WebAuthnAbortService.cancelCeremony(), OFFERED_MS);
  try {
    return await startAuthentication({ optionsJSON, useBrowserAutofill: true });
  } catch {
    return null;
  } finally {
    clearTimeout(late);
  }
}

/** Makes a passkey with the options that the server made; what comes back is for the server. */
export const registerWith = (optionsJSON: PublicKeyCredentialCreationOptionsJSON): Promise<Result<RegistrationResponseJSON, string>> =>
  answered({
    open: () => startRegistration({ optionsJSON }),
    timeoutMs: lastsFor(optionsJSON),
    nothing: texts.passkey.noPasskeyWasMade,
    lacking: NO_PLACE_HERE,
  });

/** Where the browser tells password managers what became of their passkeys (WebAuthn L3, 5.1.10), it is told; elsewhere nothing is lost. */
const signal = (told: Parameters<typeof sendSignal>[0]): void => void sendSignal(told).catch(() => {});

/** This service takes no such passkey: it need not be offered again. `id`: b64u. */
export const signalUnknown = (id: string, rpId: string): void => signal({ signalName: "unknownCredential", rpID: rpId, credentialID: id });

/** The passkeys that this service takes of this person, waiting ones too; any other need not be offered again. */
export const signalAccepted = (personId: string, ids: readonly string[], rpId: string): void =>
  signal({
    signalName: "allAcceptedCredentials",
    rpID: rpId,
    userID: b64u(utf8(personId)),
    allAcceptedCredentialIDs: [...ids],
  });
