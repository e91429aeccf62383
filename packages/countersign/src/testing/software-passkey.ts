/**
 * A passkey in software, on WebCrypto alone, so that it runs in Node, in workerd and in a browser. It makes what
 * `navigator.credentials.create` and `.get` would give, and on demand everything that a relying party has to refuse.
 */
import { b64u, type Bytes, concat, sha256, utf8 } from "../encoding/bytes.ts";
import type { Assertion } from "../documents/record.ts";

export type Algorithm = "ES256" | "EdDSA" | "RS256";

/** COSE algorithm numbers (IANA COSE Algorithms). */
export const COSE_NUMBER = { ES256: -7, EdDSA: -8, RS256: -257 } as const;

const PARAMETERS = {
  ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  EdDSA: { name: "Ed25519" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
} as const;

/** Flags of authenticator data (WebAuthn, section 6.1). */
export const FLAGS = { UP: 0x01, UV: 0x04, BE: 0x08, BS: 0x10, AT: 0x40, ED: 0x80 } as const;

/** What a ceremony is asked for, and every way of getting it wrong. */
export interface Ceremony {
  challenge: Uint8Array;
  origin: string;
  /** Default: the hostname of `origin`. */
  rpId?: string;
  /** Default: `webauthn.create` or `webauthn.get`. */
  type?: string;
  /** Absent from the client data if not given. */
  crossOrigin?: boolean;
  topOrigin?: string;
  /** Further members of the client data, or other values for its own. */
  clientData?: Record<string, unknown>;
  /** Changes the client data's text before it is signed. */
  clientDataText?: (text: string) => string;
  /** Default true. */
  userPresent?: boolean;
  /** Default true. */
  userVerified?: boolean;
  /** Default: as the passkey was made. */
  backupEligible?: boolean;
  backedUp?: boolean;
  /** Default 0, as synced passkeys have it. */
  signCount?: number;
  /** Of a registration: what the authenticator attests, `statement` being CBOR of a map. Default: `none`, with an empty one. */
  attestation?: { format: string; statement: Uint8Array };
  /** CBOR of extension outputs; sets the ED flag. */
  extensions?: Uint8Array;
  /** Changes the authenticator data before it is signed. */
  authenticatorData?: (data: Bytes) => Bytes;
  /** Changes the signature as it is sent. */
  signature?: (signature: Bytes) => Bytes;
  /** b64u; null for none. Default: the person's id, UTF-8. */
  userHandle?: string | null;
  /** b64u; another credential's id on this one's signature. */
  credentialId?: string;
}

/** As `PublicKeyCredential.toJSON()` gives a registration. */
export interface RegistrationJson {
  id: string;
  rawId: string;
  type: "public-key";
  authenticatorAttachment: "platform";
  clientExtensionResults: Record<string, never>;
  response: { clientDataJSON: string; attestationObject: string; transports: "internal"[] };
}

/** As `PublicKeyCredential.toJSON()` gives an assertion. */
export interface AuthenticationJson {
  id: string;
  rawId: string;
  type: "public-key";
  authenticatorAttachment: "platform";
  clientExtensionResults: Record<string, never>;
  response: { clientDataJSON: string; authenticatorData: string; signature: string; userHandle?: string };
}

export interface PasskeyOptions {
  algorithm?: Algorithm;
  /** The user handle given at registration, as text. */
  person?: string;
  backupEligible?: boolean;
  /** Bits of an RS256 modulus. */
  modulusLength?: number;
}

/** A key as a JSON Web Key (RFC 7517), written out because not every platform's types have one. */
export interface KeptPrivateKey {
  kty?: string;
  crv?: string;
  x?: string;
  y?: string;
  d?: string;
  e?: string;
  n?: string;
  ext?: boolean;
  key_ops?: string[];
}

/** A passkey as it is written down, private key and all, to be gone on with later. */
export interface KeptPasskey {
  algorithm: Algorithm;
  credential_id: string;
  public_key: string;
  backup_eligible: boolean;
  person: string;
  private_key: KeptPrivateKey;
}

export class SoftwarePasskey {
  readonly algorithm: Algorithm;
  /** b64u of 32 bytes. */
  readonly credentialId: string;
  /** The COSE_Key, b64u. */
  readonly publicKey: string;
  readonly backupEligible: boolean;
  readonly person: string;
  readonly #privateKey: CryptoKey;

  private constructor(options: PasskeyOptions, credentialId: string, publicKey: string, privateKey: CryptoKey) {
    this.algorithm = options.algorithm ?? "ES256";
    this.backupEligible = options.backupEligible ?? false;
    this.person = options.person ?? "usr_test";
    this.credentialId = credentialId;
    this.publicKey = publicKey;
    this.#privateKey = privateKey;
  }

  /** A new key pair and credential id. */
  static async create(options: PasskeyOptions = {}): Promise<SoftwarePasskey> {
    const algorithm = options.algorithm ?? "ES256";
    const parameters = { ...PARAMETERS[algorithm], ...(algorithm === "RS256" ? { modulusLength: options.modulusLength ?? 2048 } : {}) };
    const pair = (await crypto.subtle.generateKey(parameters, true, ["sign", "verify"])) as CryptoKeyPair;
    const jwk = await crypto.subtle.exportKey("jwk", pair.publicKey);
    if (jwk instanceof ArrayBuffer) throw new Error("a JWK is an object");
    const credentialId = b64u(crypto.getRandomValues(new Uint8Array(32)));
    return new SoftwarePasskey(options, credentialId, b64u(coseKey(algorithm, jwk)), pair.privateKey);
  }

  /** One that was written down before. */
  static async from(kept: KeptPasskey): Promise<SoftwarePasskey> {
    const { algorithm, backup_eligible: backupEligible, person, credential_id: credentialId, public_key: publicKey } = kept;
    const privateKey = await crypto.subtle.importKey("jwk", kept.private_key as JsonWebKey, PARAMETERS[algorithm], true, ["sign"]);
    return new SoftwarePasskey({ algorithm, backupEligible, person }, credentialId, publicKey, privateKey);
  }

  async keep(): Promise<KeptPasskey> {
    const { algorithm, backupEligible, person, credentialId, publicKey } = this;
    const privateKey = await crypto.subtle.exportKey("jwk", this.#privateKey);
    if (privateKey instanceof ArrayBuffer) throw new Error("a JWK is an object");
    return {
      algorithm,
      credential_id: credentialId,
      public_key: publicKey,
      backup_eligible: backupEligible,
      person,
      private_key: privateKey,
    };
  }

  /** The COSE algorithm number. */
  get alg(): number {
    return COSE_NUMBER[this.algorithm];
  }

  /** A registration. */
  register(ceremony: Ceremony): Promise<RegistrationJson> {
    const id = bytesOf(ceremony.credentialId ?? this.credentialId);
    const attested = concat(new Uint8Array(16), uint16(id.length), id, bytesOf(this.publicKey));
    const data = this.#authenticatorData(ceremony, FLAGS.AT, attested);
    const { format, statement } = ceremony.attestation ?? { format: "none", statement: Uint8Array.of(0xa0) };
    const attesting = [cborText("fmt"), cborText(format), cborText("attStmt"), statement];
    const attestationObject = concat(Uint8Array.of(0xa3), ...attesting, cborText("authData"), cborBytes(data));
    return Promise.resolve({
      ...this.#envelope(ceremony),
      response: {
        clientDataJSON: b64u(clientDataJson(ceremony, "webauthn.create")),
        attestationObject: b64u(attestationObject),
        transports: ["internal"],
      },
    });
  }

  /** An assertion as formats.md keeps it. */
  async sign(ceremony: Ceremony): Promise<Assertion> {
    const clientData = clientDataJson(ceremony, "webauthn.get");
    const data = this.#authenticatorData(ceremony, 0, new Uint8Array());
    const signature = await this.signBytes(concat(data, sha256(clientData)));
    return {
      client_data_json: b64u(clientData),
      authenticator_data: b64u(data),
      signature: b64u(ceremony.signature?.(signature) ?? signature),
    };
  }

  /** An assertion as a browser sends it. */
  async authenticate(ceremony: Ceremony): Promise<AuthenticationJson> {
    const assertion = await this.sign(ceremony);
    const userHandle = ceremony.userHandle === undefined ? b64u(utf8(this.person)) : ceremony.userHandle;
    return {
      ...this.#envelope(ceremony),
      response: {
        clientDataJSON: assertion.client_data_json,
        authenticatorData: assertion.authenticator_data,
        signature: assertion.signature,
        ...(userHandle === null ? {} : { userHandle }),
      },
    };
  }

  /** The signature over any bytes, encoded as WebAuthn has it (section 6.5.5). */
  async signBytes(bytes: Bytes): Promise<Bytes> {
    const raw = new Uint8Array(await crypto.subtle.sign(PARAMETERS[this.algorithm], this.#privateKey, bytes));
    return this.algorithm === "ES256" ? derSignature(raw) : raw;
  }

  #envelope(ceremony: Ceremony) {
    const id = ceremony.credentialId ?? this.credentialId;
    return { id, rawId: id, type: "public-key", authenticatorAttachment: "platform", clientExtensionResults: {} } as const;
  }

  #authenticatorData(ceremony: Ceremony, furtherFlags: number, attested: Uint8Array): Bytes {
    const flags =
      furtherFlags |
      (ceremony.userPresent === false ? 0 : FLAGS.UP) |
      (ceremony.userVerified === false ? 0 : FLAGS.UV) |
      ((ceremony.backupEligible ?? this.backupEligible) ? FLAGS.BE : 0) |
      (ceremony.backedUp ? FLAGS.BS : 0) |
      (ceremony.extensions === undefined ? 0 : FLAGS.ED);
    const counter = new Uint8Array(4);
    new DataView(counter.buffer).setUint32(0, ceremony.signCount ?? 0);
    const rpIdHash = sha256(utf8(ceremony.rpId ?? new URL(ceremony.origin).hostname));
    const data = concat(rpIdHash, Uint8Array.of(flags), counter, attested, ceremony.extensions ?? new Uint8Array());
    return ceremony.authenticatorData?.(data) ?? data;
  }
}

function clientDataJson(ceremony: Ceremony, type: string): Bytes {
  const text = JSON.stringify({
    type: ceremony.type ?? type,
    challenge: b64u(ceremony.challenge),
    origin: ceremony.origin,
    ...(ceremony.crossOrigin === undefined ? {} : { crossOrigin: ceremony.crossOrigin }),
    ...(ceremony.topOrigin === undefined ? {} : { topOrigin: ceremony.topOrigin }),
    ...ceremony.clientData,
  });
  return utf8(ceremony.clientDataText?.(text) ?? text);
}

/** The COSE_Key of a public key, in CTAP2 canonical CBOR (RFC 9053, section 7; RFC 8230, section 4). */
function coseKey(algorithm: Algorithm, jwk: KeptPrivateKey): Bytes {
  const part = (name: "x" | "y" | "n" | "e") => cborBytes(bytesOf(jwk[name] ?? ""));
  switch (algorithm) {
    case "ES256":
      return concat(Uint8Array.of(0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21), part("x"), Uint8Array.of(0x22), part("y"));
    case "EdDSA":
      return concat(Uint8Array.of(0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21), part("x"));
    case "RS256":
      return concat(Uint8Array.of(0xa4, 1, 3, 3, 0x39, 1, 0, 0x20), part("n"), Uint8Array.of(0x21), part("e"));
  }
}

/** ECDSA r ‖ s, 64 bytes, as DER (RFC 3279, section 2.2.3). */
export function derSignature(raw: Uint8Array): Bytes {
  const integer = (bytes: Uint8Array): Bytes => {
    const digits = bytes.subarray(bytes.findIndex((byte, index) => byte !== 0 || index === bytes.length - 1));
    const padded = (digits[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), digits) : digits;
    return concat(Uint8Array.of(2, padded.length), padded);
  };
  const body = concat(integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
  return concat(Uint8Array.of(0x30, body.length), body);
}

const uint16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff);

function cborHead(majorType: number, length: number): Uint8Array {
  if (length < 24) return Uint8Array.of((majorType << 5) | length);
  return length < 256 ? Uint8Array.of((majorType << 5) | 24, length) : Uint8Array.of((majorType << 5) | 25, ...uint16(length));
}
const cborBytes = (bytes: Uint8Array): Bytes => concat(cborHead(2, bytes.length), bytes);
const cborText = (text: string): Bytes => concat(cborHead(3, utf8(text).length), utf8(text));

const bytesOf = (text: string): Bytes =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
