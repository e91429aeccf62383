/** Made-up texts of known kinds, the same in every run: one seed, one sequence. */
import { apiKeyFrom } from "#countersign/documents/api-key.ts";
import { b64, b64u, utf8 } from "#countersign/encoding/bytes.ts";

/** 32 bits at a time (mulberry32). */
export class Made {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** From 0 to `below`, not included. */
  number(below: number): number {
    return this.#next() % below;
  }

  of<One>(all: readonly One[]): One {
    return all[this.number(all.length)] as One;
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.number(256));
  }

  text(alphabet: string, length: number): string {
    return Array.from({ length }, () => alphabet[this.number(alphabet.length)]).join("");
  }
}

export const DIGITS = "0123456789";
export const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
export const LOWER = "abcdefghijklmnopqrstuvwxyz";
export const ALPHANUMERIC = DIGITS + UPPER + LOWER;
export const URL64 = `${ALPHANUMERIC}_-`;
const HEX = "0123456789abcdef";

function withLuhn(digits: string): string {
  for (let check = 0; check < 10; check++) {
    const whole = `${digits}${check}`;
    const sum = [...whole].reverse().reduce((total, one, i) => {
      const value = i % 2 === 0 ? Number(one) : 2 * Number(one);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
    if (sum % 10 === 0) return whole;
  }
  throw new Error("one of ten digits fits");
}

function iban(country: string, account: string): string {
  const digits = [...`${account}${country}00`].map((one) => String(Number.parseInt(one, 36))).join("");
  return `${country}${String(98n - (BigInt(digits) % 97n)).padStart(2, "0")}${account}`;
}

const pem = (label: string, made: Made): string => {
  const lines = b64(made.bytes(300)).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----`;
};
const jwt = (made: Made): string => {
  const part = (value: unknown): string => b64u(utf8(JSON.stringify(value)));
  return `${part({ alg: "RS256", typ: "JWT" })}.${part({ sub: made.text(DIGITS, 10), iat: 1_700_000_000 })}.${b64u(made.bytes(64))}`;
};

/** Every kind of secret that the scan knows, by the name it is told under. */
export const SECRET_KINDS: readonly { what: string; make: (made: Made) => string }[] = [
  { what: "countersign_agent_key", make: (made) => apiKeyFrom(made.bytes(64)) },
  { what: "countersign_connector_key", make: (made) => `csc_${made.text(ALPHANUMERIC, 36)}` },
  { what: "aws_access_key_id", make: (made) => `AKIA${made.text(UPPER + DIGITS, 16)}` },
  { what: "github_token", make: (made) => `${made.of(["ghp_", "gho_", "ghs_"])}${made.text(ALPHANUMERIC, 36)}` },
  { what: "github_token", make: (made) => `github_pat_${made.text(ALPHANUMERIC, 22)}_${made.text(ALPHANUMERIC, 59)}` },
  { what: "gitlab_token", make: (made) => `glpat-${made.text(ALPHANUMERIC, 18)}9x` },
  { what: "slack_token", make: (made) => `xoxb-${made.text(DIGITS, 12)}-${made.text(DIGITS, 12)}-${made.text(ALPHANUMERIC, 24)}` },
  { what: "stripe_key", make: (made) => `sk_live_${made.text(ALPHANUMERIC, 23)}7` },
  { what: "google_api_key", make: (made) => `AIza${made.text(ALPHANUMERIC, 35)}` },
  { what: "anthropic_key", make: (made) => `sk-ant-api03-${made.text(ALPHANUMERIC, 93)}7A` },
  { what: "openai_key", make: (made) => `sk-proj-${made.text(ALPHANUMERIC, 60)}7A` },
  { what: "openai_key", make: (made) => `sk-${made.text(ALPHANUMERIC, 45)}7aA` },
  { what: "npm_token", make: (made) => `npm_${made.text(ALPHANUMERIC, 36)}` },
  { what: "pypi_token", make: (made) => `pypi-AgEIcHlwaS5vcmc${made.text(ALPHANUMERIC, 100)}` },
  { what: "twilio_key", make: (made) => `SK${made.text(HEX, 32)}` },
  { what: "sendgrid_key", make: (made) => `SG.${made.text(ALPHANUMERIC, 22)}.${made.text(ALPHANUMERIC, 43)}` },
  { what: "azure_storage_key", make: (made) => `AccountKey=${b64(made.bytes(64))}` },
  { what: "shopify_token", make: (made) => `shpat_${made.text(HEX, 32)}` },
  { what: "digitalocean_token", make: (made) => `dop_v1_${made.text(HEX, 64)}` },
  { what: "huggingface_token", make: (made) => `hf_${made.text(UPPER + LOWER, 34)}` },
  { what: "hashicorp_vault_token", make: (made) => `hvs.${made.text(ALPHANUMERIC, 90)}7a` },
  { what: "private_key", make: (made) => pem(made.of(["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY"]), made) },
  { what: "jwt", make: jwt },
  { what: "card_number", make: (made) => withLuhn(`4${made.text(DIGITS, 14)}`) },
  { what: "card_number", make: (made) => withLuhn(`5${made.of(["1", "3", "5"])}${made.text(DIGITS, 13)}`) },
  { what: "card_number", make: (made) => withLuhn(`37${made.text(DIGITS, 12)}`) },
  { what: "card_number", make: (made) => withLuhn(`4${made.text(DIGITS, 14)}`).replaceAll(/(.{4})(?=.)/g, "$1 ") },
  { what: "iban", make: (made) => iban("DE", made.text(DIGITS, 18)) },
  { what: "iban", make: (made) => iban("GB", `NWBK${made.text(DIGITS, 14)}`).replaceAll(/(.{4})(?=.)/g, "$1 ") },
  { what: "high_entropy", make: (made) => made.text(`${ALPHANUMERIC}+/`, 40) },
  { what: "high_entropy", make: (made) => b64u(made.bytes(48)) },
];

/** Where a secret can stand in the arguments of a call. */
export const CONTEXTS: readonly { name: string; put: (secret: string) => string }[] = [
  { name: "alone", put: (secret) => secret },
  { name: "in prose", put: (secret) => `Please use ${secret} for this, and tell me when it is done.` },
  { name: "in JSON", put: (secret) => JSON.stringify({ name: "x", settings: { value: secret, retries: 3 } }) },
  { name: "in JSON in JSON", put: (secret) => JSON.stringify({ body: JSON.stringify({ value: secret }) }) },
  { name: "in an env file", put: (secret) => `NODE_ENV=production\nAPP_CONFIG=${secret}\nPORT=8080\n` },
  { name: "exported", put: (secret) => `export THING="${secret}"` },
  { name: "in YAML", put: (secret) => `service:\n  value: ${secret}\n  port: 80\n` },
  { name: "in a header", put: (secret) => `GET / HTTP/1.1\r\nHost: example.com\r\nX-Thing: ${secret}\r\n\r\n` },
  { name: "in a curl command", put: (secret) => `curl -H 'Authorization: Bearer ${secret}' https://api.example.com/v1/things` },
  { name: "in code", put: (secret) => `const client = new Client({ value: "${secret}" });\nclient.run();` },
  { name: "in a diff", put: (secret) => `@@ -1,2 +1,2 @@\n-old line\n+value = '${secret}'\n context` },
  { name: "in XML", put: (secret) => `<config><value>${secret}</value></config>` },
  { name: "in SQL", put: (secret) => `INSERT INTO settings (name, value) VALUES ('x', '${secret}');` },
  { name: "in an address", put: (secret) => `https://api.example.com/v1/things?value=${encodeURIComponent(secret)}&page=2` },
  { name: "in brackets", put: (secret) => `[${secret}]` },
];
