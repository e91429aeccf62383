/** After another log has followed: a search finds requests of both, and takes no place in the one for a place in the other. */
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeEach, expect, it } from "vitest";
import { ask, decided, personAndAgent } from "#test/workerd/support/approvals.ts";
import { LOG_ORIGIN } from "#test/workerd/support/log.ts";
import { call } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { deployAnew } from "#test/workerd/faults/deployments.ts";
import { deploy } from "#test/workerd/faults/fault-plan.ts";

const SECOND = "gate.example.com/log/2";

beforeEach(emptyStorage);
afterEach(() => deploy({}));
afterAll(emptyStorage);

it("an entry of the log before is not shown as the one that has its index now", async () => {
  const { person, agent } = await personAndAgent();
  const { request_id: before } = await ask(agent);
  await decided(person, before, "approved");
  await env.DB.prepare("UPDATE log SET state = 'frozen'").run();
  await deployAnew({ LOG_ORIGIN: SECOND }, { requests: [before], logs: [LOG_ORIGIN, SECOND] });
  const { request_id: after } = await ask(agent);
  await decided(person, after, "approved");

  const search = async (id: string): Promise<string> => {
    const html = await (await call("GET", `/log?request=${id}`, { cookie: person.cookie })).text();
    return /<p class="done" role="status">(.*?)<\/p>/s.exec(html)?.[1] ?? "";
  };
  const [ofOld, ofNew] = [await search(before), await search(after)];
  expect(ofNew).toContain('<a href="/log/entry/');
  expect(ofOld).not.toContain("/log/entry/");
  expect(ofOld).toContain(LOG_ORIGIN);
  expect(ofOld).toContain(`/api/v1/approvals/${before}/receipt`);
});
