/** `npm run deploy` on a machine with others, and with other people's programs: what it writes, and what wrangler is given. */
import { randomBytes } from "node:crypto";
import { chmodSync, lstatSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SECRET_LOOKALIKES } from "#test/support/secret-lookalikes.ts";
import { copyOfCheckout } from "#test/support/service/checkout.ts";
import { type Deployed, FakeCloudflare } from "#test/support/deploy/fake-cloudflare.ts";

const ORIGIN = "https://gate.example.com";
const KEPT = ".deploy.gate.example.com.vars";
const GIVEN = {
  LOG_SIGNING_KEY: randomBytes(32).toString("base64"),
  SERVER_SECRET: randomBytes(32).toString("base64"),
  SETUP_TOKEN: randomBytes(24).toString("base64url"),
};

let root: string;
let cloudflare: FakeCloudflare;
beforeEach(async () => {
  root = copyOfCheckout();
  cloudflare = new FakeCloudflare();
  await cloudflare.open();
});
afterEach(async () => {
  await cloudflare.close();
  rmSync(root, { recursive: true });
});

const deploy = (env: NodeJS.Dict<string> = {}): Promise<Deployed> =>
  cloudflare.deploy(root, ["--wait", "3", "--replace-dns"], { PUBLIC_ORIGIN: ORIGIN, ...env });
const kept = () => parseEnv(readFileSync(join(root, KEPT), "utf8"));

/** What is said by a run that must not say that it succeeded. */
function failed({ code, stdout, stderr }: Deployed): string {
  expect(code).toBe(1);
  expect(stdout).not.toContain("ready at");
  return stderr;
}

test("wrangler is given what it signs in with, and no other secret of the environment", async () => {
  const signIn = { CLOUDFLARE_API_TOKEN: "cf-token", CLOUDFLARE_ACCOUNT_ID: "cf-account" };
  const runs = [await deploy({ ...GIVEN, ...SECRET_LOOKALIKES, ...signIn }), await deploy({ ...GIVEN, ...SECRET_LOOKALIKES, ...signIn })];
  expect(runs.map(({ code }) => code)).toEqual([0, 0]);
  const calls = runs.flatMap(({ calls: all }) => all);
  expect(calls.length).toBeGreaterThan(15);
  expect(cloudflare.account.worker?.secrets).toMatchObject(GIVEN);
  const names = [...Object.keys(GIVEN), ...Object.keys(SECRET_LOOKALIKES)];
  for (const { command, env } of calls) {
    expect([command, names.filter((name) => env[name] !== undefined)]).toEqual([command, []]);
    expect(env).toMatchObject(signIn);
  }
});

describe("the files that it writes", () => {
  /** Somebody's file, which nothing may change. */
  function theirs(): string {
    const path = join(root, "theirs");
    writeFileSync(path, "theirs=1\n", { mode: 0o644 });
    return path;
  }
  const isAsItWas = (path: string) => readFileSync(path, "utf8") === "theirs=1\n" && (statSync(path).mode & 0o777) === 0o644;

  test.each([
    ["the copy of the secrets", KEPT, "3/11"],
    ["its configuration", "wrangler.deploy.json", "6/11"],
    ["the configuration that is checked", "wrangler.check.json", "1/11"],
  ])("%s, where a link is: refused, and what it leads to is as it was", async (_, name, step) => {
    const target = theirs();
    symlinkSync(target, join(root, name));
    const stderr = failed(await deploy());
    expect(stderr).toContain(`step ${step}`);
    expect(stderr).toContain(`${name} is a symbolic link`);
    expect([isAsItWas(target), lstatSync(join(root, name)).isSymbolicLink()]).toEqual([true, true]);
    expect(cloudflare.account.worker).toBeNull();
  });

  test("a link where a draft could be: nothing is written through it", async () => {
    const target = theirs();
    for (const name of [KEPT, "wrangler.deploy.json", "wrangler.check.json"]) symlinkSync(target, join(root, `${name}.new`));
    expect((await deploy()).code).toBe(0);
    expect(isAsItWas(target)).toBe(true);
  });

  test("the copy of the secrets, which others may read: it is closed, and what is in it stays", async () => {
    writeFileSync(join(root, KEPT), `SETUP_TOKEN=${GIVEN.SETUP_TOKEN}\n`, { mode: 0o644 });
    expect((await deploy()).code).toBe(0);
    expect([statSync(join(root, KEPT)).mode & 0o777, kept()["SETUP_TOKEN"]]).toEqual([0o600, GIVEN.SETUP_TOKEN]);
    expect(kept()).toEqual(cloudflare.account.worker?.secrets);
  });

  test("in a checkout that others may write to: refused before anything is made", async () => {
    chmodSync(root, 0o777);
    expect(failed(await deploy())).toContain(`others may write to ${root}`);
    expect([cloudflare.account.worker, cloudflare.account.databases]).toEqual([null, []]);
  });
});
