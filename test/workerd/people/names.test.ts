/** Names that could be taken for another's, over the real routes. What looks alike is test/node/people/names.test.ts. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { confirmPasskey } from "#gate/people/confirm-passkey.ts";
import {
  admitted,
  codeOf,
  confirm,
  draft,
  enrolInvited,
  given,
  invite,
  meanwhile,
  personOf,
  recordsOf,
  signFor,
} from "#test/workerd/support/invited.ts";
import { authorise, call, draftAgent, enrolFirst, makeAgent, rowsOf, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
beforeEach(async () => {
  await emptyStorage();
  alex = await enrolFirst();
});

interface Problem {
  code: string;
  errors?: { field: string }[];
}
const refusedField = async (answer: Response): Promise<unknown> => {
  const { code, errors } = await answer.json<Problem>();
  return [answer.status, code, errors?.[0]?.field];
};
const enrol = async (username: string, display_name: string) => {
  const invited = await invite(alex);
  return call("POST", "/enrol/options", { body: { code: codeOf(invited), username, display_name } });
};

describe("names of somebody here", () => {
  test.each([
    ["username", "a1ex", "Mallory"],
    ["username", "alex-example", "Mallory"],
    ["display_name", "mallory", "Alex Example"],
    ["display_name", "mallory", "Аlех Ехаmрlе"],
    ["display_name", "mallory", "Alex Example, alex"],
    ["display_name", "mallory", "Alex Example (alex)"],
  ])("are refused to somebody new, and the invitation stays good (%s of %s, %s)", async (field, username, displayName) => {
    expect(await refusedField(await enrol(username, displayName))).toEqual([400, "invalid_request", field]);
    expect((await enrol("mallory", "Mallory Other")).status).toBe(200);
  });

  test("are refused when an admin invites somebody by them", async () => {
    const inviting = (body: object) => call("POST", "/api/v1/invites", { cookie: alex.cookie, body: { roles: [], ...body } });
    expect(await refusedField(await inviting({ username: "a1ex" }))).toEqual([400, "invalid_request", "username"]);
    expect(await refusedField(await inviting({ display_name: "ALEX EXAMPLE" }))).toEqual([400, "invalid_request", "display_name"]);
    expect((await inviting({ username: "mallory", display_name: "Mallory" })).status).toBe(201);
  });

  test("are refused to somebody new while somebody waits by them", async () => {
    await enrolInvited(await invite(alex), "blair");
    expect(await refusedField(await enrol("b1air", "Somebody"))).toEqual([400, "invalid_request", "username"]);
  });

  test("are theirs again for another passkey", async () => {
    const blair = await admitted(alex, "blair");
    const again = await enrolInvited(await invite(alex, { person: blair.id }), "blair");
    expect((await confirm(alex, again)).status).toBe(200);
  });

  test("are not confirmed for somebody who waits by them since an earlier version", async () => {
    const mallory = await enrolInvited(await invite(alex), "mallory");
    await env.DB.prepare("UPDATE waiting_passkey SET display_name = 'A1ex  Example'").run();
    const answer = await confirm(alex, mallory);
    expect([answer.status, (await answer.json<Problem>()).code]).toEqual([403, "decision_not_accepted"]);
    expect(await rowsOf("person")).toBe(1);
  });

  test("are not given to two at the same moment", async () => {
    const [one, other] = [await enrolInvited(await invite(alex), "mallory"), await enrolInvited(await invite(alex), "oscar")];
    await env.DB.prepare("UPDATE waiting_passkey SET display_name = 'Robin'").run();
    const answers = await Promise.all([confirm(alex, one), confirm(alex, other)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 403]);
  });
});

describe("a display name", () => {
  test("is signed: the statement has it, and the log in its signature", async () => {
    const blair = await enrolInvited(await invite(alex), "blair");
    const statement = await draft(alex, { operation: "passkey.enrolled", credential_id: blair.passkey.credentialId });
    expect(statement.parameters).toMatchObject({ display_name: "Blair Example", person: { username: "blair" } });
    await given(await confirm(alex, blair));
    const record = (await recordsOf("passkey.enrolled")).at(-1);
    expect(record).not.toHaveProperty("display_name");
    expect(record).toMatchObject({ authorised_by: [{ statement: { parameters: { display_name: "Blair Example" } } }] });
    expect(await personOf(alex, blair.id)).toMatchObject({ display_name: "Blair Example" });
  });

  test.each(["waits", "stands"])("is signed: what was changed in between is not confirmed (%s)", async (which) => {
    const blair = which === "waits" ? null : await admitted(alex, "blair");
    const waiting = await enrolInvited(await invite(alex, blair === null ? { roles: [] } : { person: blair.id }), "blair");
    const table = blair === null ? "waiting_passkey" : "person";
    const renamed = () => env.DB.prepare(`UPDATE ${table} SET display_name = 'Other' WHERE username = 'blair'`).run();
    const confirmed = await confirmPasskey(
      { personId: waiting.id, credentialId: waiting.passkey.credentialId },
      alex.id,
      await signFor(alex, waiting.passkey),
      await meanwhile(renamed),
    );
    expect(confirmed).toEqual({ ok: false, refusal: { reason: blair === null ? "not-waiting" : "signed-for-something-else" } });
  });
});

describe("the name", () => {
  test("of an agent is refused while another stands that it could be taken for", async () => {
    const first = await makeAgent(alex, "deploy-bot");
    const drafting = (name: string) => call("POST", "/admin/agents/statement", { cookie: alex.cookie, body: { name } });
    for (const name of ["deploy-bot", "Deploy Bot", "dеplоy-bоt", "dep1oy-bot"]) {
      expect(await refusedField(await drafting(name))).toEqual([400, "invalid_request", "name"]);
    }
    expect((await call("DELETE", `/api/v1/agents/${first.id}`, { cookie: alex.cookie })).status).toBe(204);
    expect((await makeAgent(alex, "Deploy Bot")).name).toBe("Deploy Bot");
  });

  test("of an agent is given once, to two that are made at the same moment", async () => {
    const signed = await Promise.all([1, 2].map(async () => authorise(alex.passkey, await draftAgent(alex, "bot"))));
    const answers = await Promise.all(
      signed.map((authorisation) => call("POST", "/api/v1/agents", { cookie: alex.cookie, body: { name: "bot", authorisation } })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 400]);
  });
});
