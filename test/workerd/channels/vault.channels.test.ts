/** The vault: what is sealed opens for what it was sealed for, under a secret that is there, and for nothing else. */
import { expect, it, test } from "vitest";
import { env } from "cloudflare:workers";
import { readConfig } from "#config/config.ts";
import { b64, type Bytes, fromB64 } from "#countersign/encoding/bytes.ts";
import type { VaultPurpose } from "#gate/channels/vault.ts";
import { makeVault, vaultOf, type VaultSecrets } from "#vault/vault.ts";

const secretOf = (byte: number): Bytes => new Uint8Array(32).fill(byte);
const counting = (length: number): Bytes => Uint8Array.from({ length }, (_, i) => i);
const SECRETS: VaultSecrets = { secret: secretOf(3), nextSecret: null, serverSecret: secretOf(2), random: counting };
const vaultWith = (secrets: Partial<VaultSecrets>) => makeVault({ ...SECRETS, ...secrets });

const PURPOSE: VaultPurpose = { label: "channel", id: "chn_0", origin: "https://hooks.example.com" };
/** As Python's cryptography seals them, with the nonce 00 01 … 0b. */
const CREDENTIAL = "xoxb-Straße";
const SEALED = "hwABAgMEBQYHCAkKC2TJonoZGzHeKpBSbgH4yJUMNf1axaNRvz6Xzyw=";
const SEALED_BY_ANOTHER = "EwABAgMEBQYHCAkKCx7pjn7NTCFkoDXcW7n+jLY=";
const WRONG = { ok: false, refusal: "wrong-key" };

it("seals as it always did: what is kept opens in every later version", async () => {
  const vault = vaultWith({});
  expect(await vault.seal(CREDENTIAL, PURPOSE)).toBe(SEALED);
  expect(await vault.open(SEALED, PURPOSE)).toEqual({ ok: true, value: CREDENTIAL });
  expect(await vaultWith({ secret: secretOf(4) }).seal("", { label: "contact", id: "cnt_0", origin: "" })).toBe(SEALED_BY_ANOTHER);
  expect(await vault.fingerprint("ada@example.com", "contact")).toBe("b16275b8eaf1921a89b1e6579bb420bf4e7fd9abff8ad6c96548b4968ebb1dd3");
});

it("never seals the same twice alike, and keeps whatever is text", async () => {
  const vault = vaultOf(readConfig(env));
  if (vault === null) throw new Error("no vault");
  expect(vaultOf(readConfig(env))).toBe(vault);
  const texts = ["", "a", "ü€𝄞\u0000\n", "x".repeat(100_000)];
  for (const text of texts) {
    const [one, other] = [await vault.seal(text, PURPOSE), await vault.seal(text, PURPOSE)];
    expect(one).not.toBe(other);
    expect(await vault.open(one, PURPOSE)).toEqual({ ok: true, value: text });
  }
});

it("opens nothing of which any bit was changed, nor a part of it", async () => {
  const bytes = fromB64(SEALED) ?? new Uint8Array();
  expect(bytes).toHaveLength(1 + 12 + 12 + 16);
  const vault = vaultWith({ nextSecret: secretOf(4) });
  for (let i = 0; i < bytes.length * 8; i++) {
    const changed = bytes.map((byte, at) => (at === i >> 3 ? byte ^ (1 << (i & 7)) : byte));
    expect(await vault.open(b64(changed), PURPOSE)).toEqual(WRONG);
  }
  for (let length = 0; length < bytes.length; length++) expect(await vault.open(b64(bytes.subarray(0, length)), PURPOSE)).toEqual(WRONG);
  expect(await vault.open(b64(Uint8Array.of(...bytes, 0)), PURPOSE)).toEqual(WRONG);
});

test.each(["", "x", "not base64", ` ${SEALED}`, `${SEALED}\n`, SEALED.slice(0, -2), `${SEALED.slice(0, -1)}%`, "é".repeat(80)])(
  "what was never sealed does not open: %j",
  async (text) => expect(await vaultWith({}).open(text, PURPOSE)).toEqual(WRONG),
);

test.each<[string, object]>([
  ["label", { label: "contact" }],
  ["label, of none", { label: "other" }],
  ["id", { id: "chn_1" }],
  ["id, empty", { id: "" }],
  ["id, left out", { id: undefined }],
  ["origin", { origin: "https://hooks.example.com.evil.example" }],
  ["origin, another port", { origin: "https://hooks.example.com:8443" }],
  ["origin, left out", { origin: undefined }],
  ["origin, null", { origin: null }],
  ["id and origin, moved", { id: 'chn_0","https', origin: "//hooks.example.com" }],
])("it opens for nothing else: another %s", async (_, other) => {
  expect(await vaultWith({}).open(SEALED, { ...PURPOSE, ...other })).toEqual(WRONG);
});

test.each<[string, string, object]>([
  ["no id", CREDENTIAL, { id: undefined }],
  ["an empty id", CREDENTIAL, { id: "" }],
  ["no origin", CREDENTIAL, { origin: undefined }],
  ["a label of none", CREDENTIAL, { label: "toString" }],
  ["an id that is no text", CREDENTIAL, { id: "\ud800" }],
  ["what is no text", "\udc00", {}],
])("seals nothing with %s: that is a bug of the caller's", async (_, plain, other) => {
  await expect(vaultWith({}).seal(plain, { ...PURPOSE, ...other })).rejects.toThrow(TypeError);
});

it("seals with the next secret while there is one, and opens what either has sealed, and nothing once a secret is gone", async () => {
  const rotating = vaultWith({ nextSecret: secretOf(4) });
  const after = vaultWith({ secret: secretOf(4) });
  const sealed = await rotating.seal(CREDENTIAL, PURPOSE);
  expect(sealed).toBe(await after.seal(CREDENTIAL, PURPOSE));
  for (const vault of [rotating, after, vaultWith({ secret: secretOf(4), nextSecret: secretOf(4) })])
    expect(await vault.open(sealed, PURPOSE)).toEqual({ ok: true, value: CREDENTIAL });
  expect(await rotating.open(SEALED, PURPOSE)).toEqual({ ok: true, value: CREDENTIAL });
  expect(await after.open(SEALED, PURPOSE)).toEqual(WRONG);
  expect(await vaultWith({}).open(sealed, PURPOSE)).toEqual(WRONG);
});

it("opens what either has sealed though both secrets have one version by chance", async () => {
  const versionOf = async (secret: Bytes) => (fromB64(await vaultWith({ secret }).seal("", PURPOSE)) ?? [])[0];
  const wanted = await versionOf(secretOf(3));
  const twin = secretOf(3);
  for (let i = 1; (await versionOf(twin)) !== wanted || i === 1; i++) new DataView(twin.buffer).setUint32(0, i);
  expect(twin).not.toEqual(secretOf(3));
  const sealed = await vaultWith({ secret: twin }).seal(CREDENTIAL, PURPOSE);
  for (const vault of [vaultWith({ nextSecret: twin }), vaultWith({ secret: twin, nextSecret: secretOf(3) })]) {
    expect(await vault.open(sealed, PURPOSE)).toEqual({ ok: true, value: CREDENTIAL });
    expect(await vault.open(SEALED, PURPOSE)).toEqual({ ok: true, value: CREDENTIAL });
  }
});

it("tells equal values by their fingerprints, for each label apart, and whichever secret seals", async () => {
  const vault = vaultWith({});
  const fingerprint = await vault.fingerprint("a", "contact");
  expect(await vaultWith({ secret: secretOf(9), nextSecret: secretOf(4) }).fingerprint("a", "contact")).toBe(fingerprint);
  expect(await vault.fingerprint("b", "contact")).not.toBe(fingerprint);
  expect(await vault.fingerprint("a", "channel")).not.toBe(fingerprint);
});

it("is none without a secret", () => {
  expect(vaultOf(readConfig({ ...env, VAULT_SECRET: "" }))).toBeNull();
});
