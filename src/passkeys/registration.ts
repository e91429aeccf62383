/** Making a passkey: what is asked of the browser, and what of its answer is believed. Who may make one is gate/. */
import { generateRegistrationOptions, type RegistrationResponseJSON, verifyRegistrationResponse } from "@simplewebauthn/server";
import { decodeAttestationObject } from "@simplewebauthn/server/helpers";
import { b64u, type Bytes, concat, fromB64u, fromUtf8, utf8 } from "#countersign/encoding/bytes.ts";
import { parseJson } from "#countersign/json/canonical-json.ts";
import { parseCoseKey } from "#countersign/webauthn/cose-key.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { isObject } from "#countersign/json/shape.ts";
import { refusalOf } from "./verdict.ts";

const ES256 = -7;
const EDDSA = -8;
const RS256 = -257;
/** In order of preference, and all that webauthn/cose-key.ts knows. */
const ALGORITHMS = [ES256, EDDSA, RS256];
const TRANSPORTS = ["ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"] as const;
type Transport = (typeof TRANSPORTS)[number];
const isTransport = (given: string): given is Transport => TRANSPORTS.some((transport) => transport === given);
const RELYING_PARTY_NAME = "Countersign";
const TIMEOUT_MS = 5 * 60 * 1000;

export interface NewPasskey {
  /** b64u. */
  credentialId: string;
  /** The COSE_Key, b64u. */
  publicKey: string;
  alg: number;
  signCount: number;
  backupEligible: boolean;
  transports: string[];
}

/** What a browser sends of a new passkey. All of it is an attacker's choice. */
export interface RegistrationResponse {
  id: string;
  rawId: string;
  type: "public-key";
  response: { clientDataJSON: string; attestationObject: string; transports?: string[] | undefined };
}

/**
 * The options for `startRegistration`. The user handle is the person's id, so that signing in names the person. A device that
 * holds one of `existing` makes no second one.
 */
export const registrationOptions = (
  rpId: string,
  person: { id: string; username: string; displayName: string },
  challenge: Bytes,
  existing: readonly { id: string; transports: string[] }[],
) =>
  generateRegistrationOptions({
    rpID: rpId,
    rpName: RELYING_PARTY_NAME,
    excludeCredentials: existing.map(({ id, transports }) => ({ id, transports: transports.filter(isTransport) })),
    userID: utf8(person.id),
    userName: person.username,
    userDisplayName: person.displayName,
    challenge,
    timeout: TIMEOUT_MS,
    attestationType: "none",
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    supportedAlgorithmIDs: ALGORITHMS,
  });

/**
 * Why the client data (b64u) cannot be of a page of ours: made in a frame of another site, or ambiguous JSON. Null if it
 * can. SimpleWebAuthn does not look at `crossOrigin` here.
 */
function framedElsewhere(clientDataJSON: string): string | null {
  const bytes = fromB64u(clientDataJSON);
  const text = bytes === null ? null : fromUtf8(bytes);
  const parsed = text === null ? null : parseJson(text);
  if (parsed === null || !parsed.ok || !isObject(parsed.value)) return "client data is not strict JSON";
  const { crossOrigin, topOrigin } = parsed.value;
  if (crossOrigin !== undefined && crossOrigin !== false) return "client data says cross-origin";
  return topOrigin === undefined ? null : "client data names a top origin";
}

/**
 * The attestation object (b64u) as an authenticator makes it that attests nothing (WebAuthn L3, 8.7): its authenticator data, and no
 * statement. None was asked for, and some browsers bring one all the same. What it says is believed by nobody here, so it is not looked
 * at: no certificate is parsed, and no address in one is fetched.
 */
function withoutAttestation(attestationObject: string): string {
  const given = fromB64u(attestationObject);
  if (given === null) throw new Error("the attestation object is not base64url");
  const data: unknown = decodeAttestationObject(given).get("authData");
  if (!(data instanceof Uint8Array)) throw new Error("the attestation object has no authenticator data");
  const length = Uint8Array.of(BYTES_OF_16_BIT_LENGTH, data.length >> 8, data.length & 0xff);
  if (data.length > 0xffff) throw new Error("the authenticator data is too long");
  return b64u(concat(BEFORE_DATA, length, data));
}
/** {"fmt": "none", "attStmt": {}, "authData": …} in CBOR, up to the last value. */
const BEFORE_DATA = concat(
  Uint8Array.of(0xa3, 0x63),
  utf8("fmt"),
  Uint8Array.of(0x64),
  utf8("none"),
  Uint8Array.of(0x67),
  utf8("attStmt"),
  Uint8Array.of(0xa0, 0x68),
  utf8("authData"),
);
const BYTES_OF_16_BIT_LENGTH = 0x59;

/** WebAuthn L3, 7.1: no authenticator has a longer one; and each has to fit into an address. */
const MAX_CREDENTIAL_ID_BYTES = 1_023;

/**
 * The passkey that the response brings, if it was made for this challenge, origin and relying party, with the user
 * verified, and its public key is one that offline verifiers accept; or why not (WebAuthn L3, 7.1).
 */
export async function checkRegistration(
  response: RegistrationResponse,
  expected: { challenge: Bytes; origin: string; rpId: string },
): Promise<Result<NewPasskey, string>> {
  const framed = framedElsewhere(response.response.clientDataJSON);
  if (framed !== null) return refuse(framed);
  const { clientDataJSON, attestationObject, transports = [] } = response.response;
  const verdict = await refusalOf(async () => {
    const json: RegistrationResponseJSON = {
      id: response.id,
      rawId: response.rawId,
      type: response.type,
      response: { clientDataJSON, attestationObject: withoutAttestation(attestationObject) },
      clientExtensionResults: {},
    };
    return verifyRegistrationResponse({
      response: json,
      expectedChallenge: b64u(expected.challenge),
      expectedOrigin: expected.origin,
      expectedRPID: expected.rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    });
  });
  if ("refusal" in verdict) return refuse(verdict.refusal);
  if (!verdict.given.verified) return refuse("the registration does not verify");

  const { credential, credentialDeviceType } = verdict.given.registrationInfo;
  if (credential.id !== response.id) return refuse("the credential id is not the attested one");
  if ((fromB64u(credential.id)?.length ?? 0) > MAX_CREDENTIAL_ID_BYTES) return refuse("the credential id is too long");
  const key = parseCoseKey(credential.publicKey);
  if (!key.ok) return refuse("offline verifiers would refuse this public key");
  return accept({
    credentialId: credential.id,
    publicKey: b64u(credential.publicKey),
    alg: key.value.alg,
    signCount: credential.counter,
    backupEligible: credentialDeviceType === "multiDevice",
    transports: transports.filter(isTransport),
  });
}
