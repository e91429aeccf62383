/** Asking for a passkey: the prompts, and what to say when one ends without an answer. */
import {
  type AuthenticationResponseJSON,
  browserSupportsWebAuthn,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  startAuthentication,
  startRegistration,
} from "@simplewebauthn/browser";
import { b64u, type Bytes } from "#countersign/encoding/bytes.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { Assertion } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { base64url } from "#countersign/documents/words.ts";
import { anyObject, list, Misfit, object, type Shape, text } from "#countersign/json/shape.ts";
import { tell } from "./page.ts";

export { browserSupportsWebAuthn };

export const NO_PASSKEYS = "This browser cannot use passkeys. Open this page in one that can, such as a current Chrome, Firefox or Safari.";

/** Says so where the browser cannot use passkeys. False if it cannot. */
export function tellOfPasskeys(): boolean {
  if (!browserSupportsWebAuthn()) tell(NO_PASSKEYS);
  return browserSupportsWebAuthn();
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

function explain(error: unknown, nothing: string): string {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "AbortError") return `${nothing} The prompt was closed, or it timed out. You can try again.`;
  if (name === "InvalidStateError") return `${nothing} This device already has a passkey for this service.`;
  if (name === "SecurityError") return `${nothing} Passkeys do not work at this address. Open the address that you were given.`;
  return `${nothing} The browser could not use a passkey${name === "" ? "" : ` (${name})`}. You can try again.`;
}

async function prompt<T>(open: () => Promise<T>, nothing: string): Promise<Result<T, string>> {
  try {
    return accept(await open());
  } catch (error) {
    return refuse(explain(error, nothing));
  }
}

const signedOf = ({ id, response }: AuthenticationResponseJSON): Signed => ({
  credential_id: id,
  assertion: {
    client_data_json: response.clientDataJSON,
    authenticator_data: response.authenticatorData,
    signature: response.signature,
  },
});

/** Asks for a signature over `challenge` by one of `credentials`, the person verified. */
export async function sign(challenge: Bytes, credentials: PromptCredentials, rpId: string): Promise<Result<Signed, string>> {
  const optionsJSON = {
    challenge: b64u(challenge),
    rpId,
    // The list of transports grows with the platform; browsers ignore those they do not know.
    allowCredentials: credentials.map(({ id, transports }) => ({ id, type: "public-key", transports })),
    userVerification: "required",
    timeout: 120_000,
  } as PublicKeyCredentialRequestOptionsJSON;
  const answer = await prompt(() => startAuthentication({ optionsJSON }), "Nothing was signed.");
  return answer.ok ? accept(signedOf(answer.value)) : answer;
}

/** Signs in with the options that the server made; what comes back is for the server. */
export const assertWith = (optionsJSON: PublicKeyCredentialRequestOptionsJSON): Promise<Result<AuthenticationResponseJSON, string>> =>
  prompt(() => startAuthentication({ optionsJSON }), "You are not signed in.");

/** Makes a passkey with the options that the server made; what comes back is for the server. */
export const registerWith = (optionsJSON: PublicKeyCredentialCreationOptionsJSON): Promise<Result<RegistrationResponseJSON, string>> =>
  prompt(() => startRegistration({ optionsJSON }), "No passkey was made.");
