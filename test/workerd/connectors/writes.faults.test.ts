/** Making and revoking a connector, opening its line and calling over it, under every single fault: either nothing is so, or all of it is; and a call is written once at most. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { beginADayAhead, endDeployments } from "#test/workerd/faults/deployments.ts";
import { withFaults } from "#test/workerd/faults/fault-plan.ts";
import { faultsOf } from "#test/workerd/faults/faults-of.ts";
import { AgentOfLine } from "#test/workerd/support/connectors/agent-of-line.ts";
import { draftOfConnector, type MadeConnector, makeConnector, revokeConnector } from "#test/workerd/support/connectors/connectors.ts";
import { askForLine, ScriptedLine } from "#test/workerd/support/connectors/scripted-line.ts";
import { given, recordsOf } from "#test/workerd/support/invited.ts";
import { authorise, call, makeAgent, type Someone } from "#test/workerd/support/people.ts";
import { putInForce } from "#test/workerd/support/policies.ts";
import { acceptedTools, refresh, signServer } from "#test/workerd/support/servers/signed-servers.ts";

let alex: Someone;
beforeEach(async () => {
  ({ person: alex } = await beginADayAhead());
});
afterEach(endDeployments);

const CHANGE = ["call: append of the log", "D1: batch, insert into log_leaf", "log: put anchor"];
const REVOKE = ["call: revoke of the connector", "connector: put line", "connector: put line", ...CHANGE];

const isAnObjects = (name: string): boolean => !name.startsWith("call: ");

/** Connected, and the object knows that a child runs. */
async function connected(made: MadeConnector): Promise<ScriptedLine> {
  const line = await ScriptedLine.open(made);
  await expect
    .poll(
      async () => (await given<{ items: { serves: boolean }[] }>(await call("GET", "/api/v1/connectors", { cookie: alex.cookie }))).items,
    )
    .toMatchObject([{ serves: true }]);
  return line;
}

const standing = async () => (await env.DB.prepare("SELECT id FROM connector WHERE revoked_at IS NULL").all()).results.map(({ id }) => id);
const idsIn = async (kind: string) => (await recordsOf(kind)).map(({ connector }) => (connector as { id: string }).id);

describe("making one", () => {
  it.each(faultsOf(CHANGE, isAnObjects))("fails at write $at, $how, and $end", async (fault) => {
    const body = { name: "laptop", server: "files" };
    const statement = await draftOfConnector(alex, body);
    const authorisation = await authorise(alex.passkey, statement);
    const send = () => call("POST", "/api/v1/connectors", { cookie: alex.cookie, body: { ...body, authorisation } });
    const { done, struck } = await withFaults([fault], send);
    expect(struck).toHaveLength(1);
    expect([201, 503]).toContain(done.status);
    expect(await standing()).toEqual(await idsIn("connector.created"));
    // One whose key did not arrive is seen, and revoked; one that was not made is made by the same signature.
    if ((await standing()).length === 0) await given(await send(), 201);
    expect(await idsIn("connector.created")).toEqual(await standing());
    expect(await standing()).toHaveLength(1);
  });
});

describe("revoking one, with somebody connected", () => {
  it("writes this, in this order", async () => {
    const made = await makeConnector(alex, "laptop", "files");
    await connected(made);
    const { done, seen } = await withFaults([], () => revokeConnector(alex, made.id));
    expect(done.status).toBe(204);
    expect(seen.map(({ name }) => name)).toEqual(REVOKE);
  });

  it.each(faultsOf(REVOKE, isAnObjects))("fails at write $at, $how, and $end", async (fault) => {
    const made = await makeConnector(alex, "laptop", "files");
    const line = await connected(made);
    const { done, struck } = await withFaults([fault], () => revokeConnector(alex, made.id));
    expect(struck).toHaveLength(1);
    expect([204, 500, 503]).toContain(done.status);
    expect(await standing()).toHaveLength(1 - (await idsIn("connector.revoked")).length);
    // What the list calls revoked is cut off, whoever heard of it.
    if ((await standing()).length === 0) await line.closed;
    if (done.status !== 204) expect((await revokeConnector(alex, made.id)).status).toBe(204);
    await line.closed;
    expect((await askForLine(made, made.key)).status).toBe(401);
    expect(await idsIn("connector.revoked")).toEqual([made.id]);
  });
});

describe("a call over it", () => {
  let made: MadeConnector;
  let agent: AgentOfLine;
  let lines: ScriptedLine[];
  const connect = async (): Promise<void> => {
    lines.push(await ScriptedLine.open(made));
  };
  const written = (): number => lines.flatMap((line) => line.calls()).length;

  beforeEach(async () => {
    lines = [];
    made = await makeConnector(alex, "laptop", "files");
    lines.push(await connected(made));
    const add = { draft: "add", name: "files", url: `connector:${made.id}`, authentication: { kind: "none" } };
    await given((await signServer(alex, add)).answer, 201);
    await refresh(alex, "files");
    await given(await acceptedTools(alex, null, "files"));
    await putInForce("type: countersign/policy@v1\nrules:\n  - { name: all, match: { source: call }, effect: allow }\n");
    agent = new AgentOfLine((await makeAgent(alex, "line-bot")).key);
    await agent.begin();
  });

  /** What its object keeps when somebody connects: the line, the run of the child, and what it lists. */
  const OPEN = ["connector: put line", "connector: put line", "connector: put line"];

  it("is written once, after every failure of what is kept when its connector connects anew", async () => {
    for (const fault of faultsOf(OPEN, isAnObjects)) {
      const before = written();
      const { struck } = await withFaults([fault], async (plan) => {
        await connect().catch(() => undefined);
        await expect.poll(() => plan.struck).toHaveLength(1);
      });
      const what = struck.join();
      // Whoever is connected and not heard connects again, as the command does.
      const codes: (string | null)[] = [];
      await expect
        .poll(async () => {
          if (codes.length > 0) await connect();
          await agent.begin();
          const told = await agent.call("write");
          codes.push(told.status === 200 ? told.code : `status ${told.status}`);
          return codes.at(-1);
        })
        .toBeNull();
      const known = codes.filter((code) => code === null).length;
      expect([what, codes.includes("outcome_unknown"), written() - before]).toEqual([what, false, known]);
    }
  });
});
