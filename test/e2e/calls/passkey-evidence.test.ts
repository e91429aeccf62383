/**
 * SEP-2672 from end to end: an official client of each era asks for a challenge, a passkey in real Chromium signs it at the gate's own
 * origin, the call is made once, and what is in the log of it verifies on the command line.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ResultSchema } from "@modelcontextprotocol/sdk/types.js";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { verifyChallengeCommand } from "#countersign/cli/verify/verify-challenge.ts";
import { b64, fromB64u, utf8 } from "#countersign/encoding/bytes.ts";
import { VERIFIED_APPROVAL } from "#countersign/verified/verified-approval.ts";
import { addVirtualAuthenticator, enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { runCommand } from "#test/support/cli/command-line.ts";
import { connect2025, connect2026 } from "#test/support/servers/gated-servers.ts";
import { startFilesystem } from "#test/support/servers/published-servers.ts";
import { type Agent, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const folder = mkdtempSync(join(tmpdir(), "countersign-evidence-"));
const POLICY = `type: countersign/policy@v1
rules:
  - { name: writes, match: { source: call, tool: write_file }, effect: allow, verified_approval: platform }
  - { name: others, match: { source: call }, effect: allow }
`;

let service: Service;
let files: Awaited<ReturnType<typeof startFilesystem>>;
let person: Person;
let agent: Agent;
let page: Page;

/** A passkey in software as a virtual authenticator takes it. */
async function credentialOf({ passkey }: Person) {
  const { private_key: jwk } = await passkey.keep();
  const key = await crypto.subtle.importKey("jwk", jwk as JsonWebKey, { name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", key));
  return {
    credentialId: b64(fromB64u(passkey.credentialId) ?? new Uint8Array()),
    isResidentCredential: true,
    privateKey: b64(pkcs8),
    signCount: 1,
    rpId: new URL(service.origin).hostname,
    userHandle: b64(utf8(person.id)),
  };
}

beforeAll(async () => {
  const [started, filesystem, browser] = await Promise.all([
    startService({ env: { ALLOW_LOOPBACK_ADDRESSES: "true" } }),
    startFilesystem(),
    enterChromium(),
  ]);
  [service, files] = [started, filesystem];
  person = await Person.enrolFirst(service);
  agent = await person.makeAgent("release-bot");
  await person.addServer({ name: "files", url: files.url });
  await person.acceptTools("files");
  await person.publishPolicy(POLICY);
  page = await (await browser.newContext()).newPage();
  await (await addVirtualAuthenticator(page)).addCredential(await credentialOf(person));
  await page.goto(`${service.origin}/verify`);
});
afterAll(async () => {
  await leaveChromium();
  await Promise.all([service?.stop(), files?.stop()]);
  if (service) rmSync(service.stateDir, { recursive: true });
  rmSync(folder, { recursive: true });
});

interface Challenge {
  challengeId: string;
  displayText: string;
  requestOptions: object;
}
type Params = Record<string, unknown>;
/** One request by an official client's own means. */
type Ask = (method: string, params: Params) => Promise<Params>;

const ERAS: [string, number, () => Promise<{ ask: Ask; close: () => Promise<void> }>][] = [
  [
    "2025-11-25",
    -32_001,
    async () => {
      const { client } = await connect2025(`${service.origin}/mcp/files`, agent);
      return { ask: (method, params) => client.request({ method, params }, ResultSchema), close: () => client.close() };
    },
  ],
  [
    "2026-07-28",
    -31_001,
    async () => {
      const client = await connect2026(`${service.origin}/mcp/files`, agent);
      return { ask: (method, params) => client.request({ method, params }, z.looseObject({})), close: () => client.close() };
    },
  ],
];

/** The person's passkey, asked by a page of the gate's origin. */
const signed = (options: object): Promise<object> =>
  page.evaluate(async (given) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(given as PublicKeyCredentialRequestOptionsJSON);
    const credential = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
    return credential.toJSON();
  }, options);

describe.each(ERAS)("a client of %s", (era, code, connect) => {
  it("has one call approved by a passkey, which the log proves", async () => {
    const { ask, close } = await connect();
    const path = join(files.folder, `notes-${era}.md`);
    const args = { path, content: "Release 4.2.0" };
    const { tools } = (await ask("tools/list", {})) as { tools: { name: string; _meta?: Params }[] };
    const annotation = { required: "verified", authenticatorClass: "platform" };
    expect(tools.find(({ name }) => name === "write_file")?._meta?.[VERIFIED_APPROVAL]).toEqual(annotation);

    const call = (evidence?: object) =>
      ask("tools/call", { name: "write_file", arguments: args, _meta: { [VERIFIED_APPROVAL]: evidence } });
    await expect(ask("tools/call", { name: "write_file", arguments: args })).rejects.toMatchObject({
      code,
      data: { reason: "missing_evidence" },
    });
    const challenge = (await ask("approval/challenge/create", { toolName: "write_file", arguments: args })) as unknown as Challenge;
    expect(challenge.displayText).toContain(path);
    const evidence = { method: "webauthn", challengeId: challenge.challengeId, response: await signed(challenge.requestOptions) };
    expect((await call(evidence))["isError"]).not.toBe(true);
    expect(readFileSync(path, "utf8")).toBe(args.content);
    await expect(call(evidence)).rejects.toMatchObject({ code, data: { reason: "challenge_consumed" } });
    await close();

    const proof = await person.get(`/api/v1/challenges/${challenge.challengeId}/proof`);
    const [file, given] = [join(folder, "proof.json"), join(folder, "arguments.json")];
    writeFileSync(file, await proof.text());
    writeFileSync(given, JSON.stringify(args));
    const vkey = (await (await fetch(`${service.origin}/log/vkey`)).text()).trim();
    const trust = ["--vkey", vkey, "--origin", service.origin, "--arguments", given];
    const { exitCode, stdout } = await runCommand(verifyChallengeCommand, [file, ...trust, "--json"], folder);
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([
      0,
      { valid: true, tool: "write_file", arguments_checked: true, person: { id: person.id, username: "alex" } },
    ]);
  });
});
