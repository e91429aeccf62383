/** What the commands say when no answer of the service was understood: that it is not known, and how to make the same call again. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, it } from "vitest";
import { redeemCommand } from "#countersign/cli/approvals/redeem.ts";
import { outcomeCommand } from "#countersign/cli/approvals/report-outcome.ts";
import { request } from "#countersign/cli/approvals/request.ts";
import { wait } from "#countersign/cli/approvals/wait.ts";
import { StubCountersign } from "#countersign/testing/stub-countersign.ts";
import { runCommand } from "#test/support/cli/command-line.ts";
import { type StubAnswer, stubService } from "#test/support/service/stub-service.ts";

const COMMANDS = { request, wait, redeem: redeemCommand, outcome: outcomeCommand };
type CommandLine = [command: keyof typeof COMMANDS, ...args: string[]];

/** A page that is to be waited for longer than any call waits, so that the first answer is the last. */
const PAGE: StubAnswer = { status: 503, headers: { "content-type": "text/html", "retry-after": "3600" }, body: "<html>" };
const STRANGER = "What answered (HTTP 503) is not Countersign, or not a version that this client knows.";

const folder = mkdtempSync(join(tmpdir(), "countersign-not-known-"));
afterAll(() => rmSync(folder, { recursive: true }));

let service: StubCountersign;
let proxy: Awaited<ReturnType<typeof stubService>>;
/** Whether the proxy, which passes every call on, keeps the answers to itself. */
let keepsAnswers: boolean;
/** Whether something was called that changes anything: what is only read before that comes through. */
let hasChanged: boolean;
beforeEach(async () => {
  service = new StubCountersign();
  keepsAnswers = false;
  hasChanged = false;
  proxy = await stubService(async ({ method, path, headers, body }) => {
    const sent = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === "string");
    const own = await service.fetch(`${service.url}${path}`, { method, headers: sent, ...(method === "POST" && { body }) });
    hasChanged ||= method === "POST";
    return keepsAnswers && hasChanged ? PAGE : { status: own.status, body: await own.text() };
  });
});
afterEach(() => proxy.close());

const run = ([command, ...args]: CommandLine) =>
  runCommand(COMMANDS[command], args, folder, {
    COUNTERSIGN_URL: proxy.url,
    COUNTERSIGN_API_KEY: service.apiKey,
    COUNTERSIGN_STATE: folder,
  });

const ASKING: CommandLine = ["request", "--action", "Deploy", "--payload-json", "{}", "--wait", "0"];
const asked = async (): Promise<string> => (JSON.parse((await run([...ASKING, "--json"])).stdout) as { request_id: string }).request_id;
const approved = async (): Promise<string> => {
  const id = await asked();
  service.decide(id, "approved");
  return id;
};
/** Of what is told on standard error. */
const keyIn = (stderr: string): string => /\nThe same call again: with --idempotency-key (\S+)\n$/.exec(stderr)?.[1] ?? "";

it("request: that it is not known whether it was asked, and the key that finds it", async () => {
  keepsAnswers = true;
  const { exitCode, stdout, stderr } = await run(ASKING);
  expect([exitCode, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(
    /^countersign: What answered .* It is not known whether this was asked\. .* \(unreadable\)\nThe same call again: /,
  );
  keepsAnswers = false;
  const again = await run([...ASKING, "--idempotency-key", keyIn(stderr)]);
  expect(again).toMatchObject({ exitCode: 5, stdout: expect.stringMatching(/^Pending: Deploy\n/) as string });
  const keys = proxy.requests.map(({ headers }) => headers["idempotency-key"]);
  expect(keys).toEqual([keyIn(stderr), keyIn(stderr)]);
});

it("redeem: not to act, and the key that gets the answer", async () => {
  const redeem: CommandLine = ["redeem", await approved(), "--payload-json", "{}"];
  [keepsAnswers, hasChanged] = [true, false];
  const { exitCode, stdout, stderr } = await run(redeem);
  expect([exitCode, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(`${STRANGER} It is not known whether this call has used the approval. Do not act. `);
  keepsAnswers = false;
  expect(await run(redeem)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("(already_redeemed)") });
  const again = await run([...redeem, "--idempotency-key", keyIn(stderr)]);
  expect([again.exitCode, again.stdout.split("\n")[0]]).toEqual([0, "Redeemed: Deploy"]);
});

it("redeem --json: the same, for programs", async () => {
  const redeem: CommandLine = ["redeem", await approved(), "--payload-json", "{}", "--json"];
  [keepsAnswers, hasChanged] = [true, false];
  const { exitCode, stdout, stderr } = await run(redeem);
  expect([exitCode, stderr]).toEqual([1, ""]);
  const { error } = JSON.parse(stdout) as { error: { idempotency_key: string } };
  expect(error).toMatchObject({ code: "unreadable", not_known: true, message: expect.stringContaining("It is not known whether ") });
  keepsAnswers = false;
  expect(await run([...redeem, "--idempotency-key", error.idempotency_key])).toMatchObject({ exitCode: 0 });
});

it("outcome: that it is not known whether it was recorded, and the same again", async () => {
  const id = await approved();
  await run(["redeem", id, "--payload-json", "{}"]);
  keepsAnswers = true;
  expect(await run(["outcome", id, "failed"])).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: `countersign: ${STRANGER} It is not known whether the outcome was recorded. Report it again: doing that twice is as good as once. (unreadable)\n`,
  });
  keepsAnswers = false;
  expect(await run(["outcome", id, "failed"])).toMatchObject({ exitCode: 0 });
});

it("wait: nothing of the request", async () => {
  const id = await asked();
  keepsAnswers = true;
  expect(await run(["wait", id, "--wait", "0", "--json"])).toEqual({
    exitCode: 1,
    stdout: `${JSON.stringify({ error: { code: "unreadable", message: STRANGER } }, null, 2)}\n`,
    stderr: "",
  });
});

it("what the service refuses itself, in its words", async () => {
  expect(await run(["redeem", await asked(), "--payload-json", "{}"])).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: "countersign: This is not approved: do not act on it. (not_approved)\n",
  });
});
