/** `countersign run`: what is run is what people approved, once, and nothing is run otherwise, whatever goes wrong or is changed on the way. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { describeCommand, planCommand, type PlannedCommand } from "#countersign/cli/run/described-command.ts";
import { GatedRun, type RunWish } from "#countersign/cli/run/gated-run.ts";
import { readRunState } from "#countersign/cli/run/run-state.ts";
import { runCommand } from "#countersign/cli/run/start-command.ts";
import { Countersign } from "#countersign/sdk/approvals/countersign.ts";
import type { AskedState } from "#countersign/sdk/approvals/errors.ts";
import { StubCountersign } from "#countersign/testing/stub-countersign.ts";
import { Death, FAULTS, type Fault, fastClock, faultyFetch } from "#test/support/sdk/faulty-fetch.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "countersign-run-")));
afterAll(() => rmSync(folder, { recursive: true }));
const inFolder = (name: string) => join(folder, name);

/** A program that adds what it was given to a file. */
const NOTE = `
  const { appendFileSync } = require("node:fs");
  const [file, code, ...args] = process.argv.slice(1);
  appendFileSync(file, JSON.stringify({ args, env: process.env, cwd: process.cwd() }) + "\\n");
  process.exit(Number(code));
`;

let stub: StubCountersign;
let noted: string;
let told: string[];
let count = 0;
beforeEach(() => {
  stub = new StubCountersign();
  noted = inFolder(`noted-${count++}`);
  told = [];
});

const ENVIRONMENT = {
  PATH: process.env["PATH"],
  HOME: "/home/somebody",
  SECRET: "s3cret",
  CHOSEN: "a b",
  NODE_OPTIONS: "--no-warnings",
  COUNTERSIGN_API_KEY: "csk_x",
};
interface Noted {
  args: string[];
  env: Record<string, string>;
  cwd: string;
}
const runs = (): Noted[] =>
  existsSync(noted)
    ? readFileSync(noted, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Noted)
    : [];

function plan(
  args: string[] = [],
  more: { code?: number; files?: string[]; env?: string[]; secrets?: string[]; program?: string } = {},
): PlannedCommand {
  const { code = 0, files = [], env = [], secrets = [], program = process.execPath } = more;
  const planned = planCommand({ argv: [program, "-e", NOTE, noted, String(code), ...args], env, secrets, files }, ENVIRONMENT);
  if (!planned.ok) throw new Error(planned.refusal);
  return planned.value;
}

const wishFor = (planned: PlannedCommand, more: Partial<RunWish> = {}): RunWish => ({
  planned,
  options: { action: "Run it" },
  stateFile: undefined,
  receipt: undefined,
  allowBasis: [],
  ...more,
});

/** Approves, or whatever else `decide` does, as soon as something is asked. */
function go(wish: RunWish, decide: (id: string) => void = (id) => stub.decide(id, "approved"), state: AskedState | null = null) {
  const countersign = new Countersign({ url: stub.url, apiKey: stub.apiKey, logKey: stub.logKey, fetch: stub.fetch });
  const tell = (text: string): void => {
    told.push(text);
    const id = /\/a\/(apr_[\w-]+)/.exec(text)?.[1];
    if (id !== undefined) decide(id);
  };
  return new GatedRun(countersign, wish, { environment: {}, tell, print: () => {}, isTerminal: false }).run(state);
}
const called = (verb: string) => stub.calls.filter(({ path }) => path.endsWith(`/${verb}`)).map(({ body }) => body);

describe("what is approved", () => {
  it("is run as it is: every argument, the folder, and no variable that was not chosen", async () => {
    const args = ["two words", "", "-x", '"quoted"', "new\nline", "$HOME", "*", "é"];
    const planned = plan(args, { env: ["CHOSEN", "GIVEN=1=2"], secrets: ["SECRET"] });
    expect(await go(wishFor(planned))).toEqual({ exitCode: 0 });
    const { env, ...rest } = runs()[0] ?? { env: {} };
    expect(rest).toEqual({ args, cwd: process.cwd() });
    const visible = { PATH: ENVIRONMENT.PATH, HOME: "/home/somebody", CHOSEN: "a b", GIVEN: "1=2" };
    expect(env).toEqual({ ...visible, SECRET: "s3cret" });
    const { sha256 } = describeCommand(planned).program;
    expect(called("approvals")).toMatchObject([
      {
        action: "Run it",
        payload: {
          type: "countersign/command@v1",
          host: hostname(),
          user: userInfo().username,
          program: realpathSync(process.execPath),
          program_sha256: sha256,
          argv: planned.argv,
          cwd: process.cwd(),
          environment: visible,
          secret_environment: ["SECRET"],
          files: [],
        },
      },
    ]);
    expect(JSON.stringify(called("approvals"))).not.toContain("s3cret");
    expect(called("outcome")).toEqual([{ outcome: "succeeded" }]);
    expect(told.join("")).toMatch(/asked for approval until .* Decide at http/);
  });

  it("ends as the command does, and is reported so", async () => {
    expect(await go(wishFor(plan([], { code: 7 })))).toEqual({ exitCode: 7 });
    expect(called("outcome")).toEqual([{ outcome: "failed" }]);
    const killed = planCommand(
      {
        argv: [process.execPath, "-e", "process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 9e4)"],
        env: [],
        secrets: [],
        files: [],
      },
      ENVIRONMENT,
    );
    if (!killed.ok) throw new Error(killed.refusal);
    expect(await go(wishFor(killed.value))).toEqual({ exitCode: 143 });
  });

  it("keeps its receipt where that is wanted", async () => {
    expect((await go(wishFor(plan(), { receipt: inFolder("receipt.json") }))).exitCode).toBe(0);
    expect(readFileSync(inFolder("receipt.json"), "utf8")).toContain("countersign/receipt@v1");
  });
});

describe("nothing is run", () => {
  it("that is denied, or runs out", async () => {
    const denied = await go(wishFor(plan()), (id) => stub.decide(id, "denied", "Not now"));
    expect(denied).toMatchObject({ exitCode: 123, stderr: expect.stringContaining('"Not now"') as string });
    expect(await go(wishFor(plan()), (id) => stub.expire(id))).toMatchObject({ exitCode: 124 });
    expect(runs()).toEqual([]);
  });

  const swapped = (path: string, content: string): void => {
    writeFileSync(`${path}.new`, content, { mode: 0o700 });
    renameSync(`${path}.new`, path);
  };

  it.each([
    ["the program", (program: string) => swapped(program, "#!/bin/sh\nexit 0\n")],
    ["the program, in itself", (program: string) => writeFileSync(program, "#!/bin/sh\nexit 0\n# another\n")],
    ["the program, gone", (program: string) => rmSync(program)],
    ["a named file", (_: string, file: string) => writeFileSync(file, "DROP TABLE users;")],
    ["a named file, gone", (_: string, file: string) => rmSync(file)],
  ])("where something changed while people decided: %s; nothing is used up", async (_, change) => {
    const [program, file] = [inFolder(`program-${count}`), inFolder(`file-${count}`)];
    writeFileSync(program, `#!${realpathSync(process.execPath)}\nrequire("fs").appendFileSync(${JSON.stringify(noted)}, "{}\\n");\n`);
    chmodSync(program, 0o700);
    writeFileSync(file, "SELECT 1;");
    const planned = planCommand({ argv: [program], env: [], secrets: [], files: [file] }, ENVIRONMENT);
    if (!planned.ok) throw new Error(planned.refusal);
    const outcome = await go(wishFor(planned.value), (id) => {
      change(program, file);
      stub.decide(id, "approved");
    });
    expect(outcome).toMatchObject({ exitCode: 121, stderr: expect.stringContaining("not run.") as string });
    expect(runs()).toEqual([]);
    expect(called("redeem")).toEqual([]);
    expect(called("approvals")).toMatchObject([
      { payload: { interpreter: { path: realpathSync(process.execPath) }, files: [{ path: file }] } },
    ]);
  });

  it("under a name that leads elsewhere by the time that it is started: what was looked at is run", async () => {
    const path = inFolder(`node-${count}`);
    writeFileSync(path, readFileSync(process.execPath), { mode: 0o700 });
    const planned = plan(["held"], { program: path });
    const described = describeCommand(planned);
    swapped(path, "#!/bin/sh\nexit 9\n");
    expect(await runCommand(described, planned)).toEqual({ code: 0 });
    expect(runs()).toMatchObject([{ args: ["held"] }]);
    described.program.close();
  });

  it("of a script that was changed in the moment in which it is started, for longer than that moment; and nobody is told that it went well", async () => {
    const path = inFolder(`script-${count}`);
    writeFileSync(path, `#!${realpathSync(process.execPath)}\n`, { mode: 0o700 });
    const planned = planCommand({ argv: [path], env: [], secrets: [], files: [] }, ENVIRONMENT);
    if (!planned.ok) throw new Error(planned.refusal);
    const described = describeCommand(planned.value);
    swapped(
      path,
      `#!${realpathSync(process.execPath)}\nsetTimeout(() => require("fs").appendFileSync(${JSON.stringify(noted)}, "{}\\n"), 3_000);\n`,
    );
    await expect(runCommand(described, planned.value)).rejects.toMatchObject({ name: "OutcomeNotKnown" });
    expect(runs()).toEqual([]);
    described.program.close();
  });
});

describe("what is given up", () => {
  it("is gone on with by the same command, run once, and by no other", async () => {
    const stateFile = inFolder(`state-${count}`);
    const waiting = { stateFile, options: { action: "Run it", waitSeconds: 0 } };
    let id = "";
    expect(await go(wishFor(plan(["one"]), waiting), (asked) => (id = asked))).toMatchObject({ exitCode: 125 });
    const state = await readRunState(stateFile);
    if (!state.ok || state.value === null) throw new Error("nothing was kept");
    expect(JSON.parse(readFileSync(stateFile, "utf8"))).toEqual({
      request_id: id,
      payload_hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    expect(await go(wishFor(plan(["one"]), waiting), undefined, state.value)).toMatchObject({ exitCode: 125 });
    stub.decide(id, "approved");

    expect(await go(wishFor(plan(["two"])), undefined, state.value)).toMatchObject({ exitCode: 121 });
    expect(runs()).toEqual([]);
    const both = await Promise.all([
      go(wishFor(plan(["one"])), undefined, state.value),
      go(wishFor(plan(["one"]), { stateFile }), undefined, state.value),
    ]);
    expect(both.map(({ exitCode }) => exitCode).toSorted()).toEqual([0, 121]);
    expect(runs()).toMatchObject([{ args: ["one"] }]);
    expect(await go(wishFor(plan(["one"])), undefined, state.value)).toMatchObject({ exitCode: 121 });
    expect(runs()).toHaveLength(1);
  });
});

/** A small one, since each time that it is looked at it is read. */
function planScript(): PlannedCommand {
  const path = inFolder("noting.sh");
  writeFileSync(path, '#!/bin/sh\necho "{}" >> "$1"\n', { mode: 0o700 });
  const planned = planCommand({ argv: [path, noted], env: [], secrets: [], files: [] }, ENVIRONMENT);
  if (!planned.ok) throw new Error(planned.refusal);
  return planned.value;
}

const CALLS = [0, 1, 2, 3, 4, 5];
const CASES = FAULTS.filter((fault) => fault !== "none").flatMap((fault) => CALLS.map((at) => [fault, at] as const));
it.each(CASES)("run at most once, and only what was redeemed: %s at call %d", async (fault, at) => {
  const faults: Fault[] = [...CALLS.slice(0, at).map((): Fault => "none"), fault];
  const death = new Death();
  const countersign = new Countersign({
    url: stub.url,
    apiKey: stub.apiKey,
    logKey: stub.logKey,
    clock: fastClock(),
    fetch: faultyFetch(stub, faults, death),
  });
  const tell = (text: string): void => {
    const id = /\/a\/(apr_[\w-]+)/.exec(text)?.[1];
    if (id !== undefined) stub.decide(id, "approved");
  };
  const run = new GatedRun(countersign, wishFor(planScript()), { environment: {}, tell, print: () => {}, isTerminal: false }).run(null);
  const outcome = await Promise.race([run, death.promise.then(() => null)]);
  expect(runs().length).toBeLessThanOrEqual(1);
  if (runs().length === 1) expect(called("redeem").length).toBeGreaterThanOrEqual(1);
  // What went well was run; and what no process has died of went well in the end, or was not run.
  if (outcome !== null) expect(runs()).toHaveLength(outcome.exitCode === 0 ? 1 : 0);
});

describe("is refused before anybody is asked", () => {
  const refused = (wanted: Partial<Parameters<typeof planCommand>[0]>) =>
    planCommand({ argv: [process.execPath], env: [], secrets: [], files: [], ...wanted }, ENVIRONMENT);
  it.each([
    ["a program that is not there", { argv: ["no-such-program-here"] }],
    ["a folder", { argv: ["/"] }],
    ["a variable that is not set", { env: ["NOT_SET"] }],
    ["what is no name", { env: ["A B=1"] }],
    ["the gate's own key", { env: ["COUNTERSIGN_API_KEY"] }],
    ["the gate's own key, secret", { secrets: ["COUNTERSIGN_API_KEY"] }],
    ["a secret with its value", { secrets: ["SECRET=1"] }],
    ["one that is both", { env: ["SECRET"], secrets: ["SECRET"] }],
  ])("%s", (_, wanted) => {
    expect(refused(wanted).ok).toBe(false);
  });
});
