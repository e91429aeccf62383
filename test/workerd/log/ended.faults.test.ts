/** A log that has ended goes on being served below the one that follows it, so that clients are shown how it ended. */
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { fromB64, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { LogClient } from "#countersign/sdk/log-client.ts";
import { type LogMemory, processMemory } from "#countersign/sdk/log-memory.ts";
import { rememberCheckpoint } from "#countersign/sdk/remember-checkpoint.ts";
import { parseCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { verifyConsistency, verifyInclusion } from "#countersign/tlog/merkle.ts";
import { parseNote } from "#countersign/tlog/note.ts";
import { type Agent, ask, decided } from "#test/workerd/support/approvals.ts";
import { LOG_ORIGIN } from "#test/workerd/support/log.ts";
import { call, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";
import { beginADayAhead, deployAnew, endDeployments, seedOf, text } from "#test/workerd/faults/deployments.ts";
import type { deploy } from "#test/workerd/faults/fault-plan.ts";
import { backup } from "#test/workerd/faults/put-back-database.ts";
import { lies } from "#test/workerd/faults/worker.ts";

const SECOND = "gate.example.com/log/2";
const under = (origin: string) => `/log/ended/${hex(sha256(utf8(origin)))}`;
const ENDED = under(LOG_ORIGIN);

let person: Someone;
let agent: Agent;
let asked: string[] = [];

beforeEach(async () => {
  asked = [];
  ({ person, agent } = await beginADayAhead());
});
afterEach(endDeployments);
afterAll(emptyStorage);

async function approved(): Promise<void> {
  const { request_id: id } = await ask(agent);
  asked.push(id);
  await decided(person, id, "approved");
}
const redeploy = (variables?: Parameters<typeof deploy>[0]) => deployAnew(variables, { requests: asked, logs: [LOG_ORIGIN, SECOND] });
const freeze = () => env.DB.prepare("UPDATE log SET state = 'frozen'").run();
const get = (path: string) => call("GET", path, { origin: null });

/** What a client is shown at the service's address: the newest checkpoint there, compared with what it remembers. */
async function look(memory: LogMemory, vkey?: string) {
  const client = new LogClient({
    url: "https://gate.example.com/log",
    fetch: (at) => {
      const { pathname, search } = new URL(at instanceof Request ? at.url : at);
      return get(`${pathname}${search}`);
    },
  });
  const watch = { client, memory, sleep: () => Promise.resolve(), ...(vkey !== undefined && { vkey }) };
  return await rememberCheckpoint(`${await text("/log/checkpoint")}\n`, watch);
}

function headOf(note: string) {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  if (!checkpoint.ok) throw new Error(checkpoint.refusal);
  return checkpoint.value;
}

describe("of a log that was frozen by hand, nothing of it lost", () => {
  let early: string;
  let final: string;
  let memory: LogMemory;
  beforeEach(async () => {
    await approved();
    early = `${await text("/log/checkpoint")}\n`;
    memory = processMemory();
    expect(await look(memory)).toMatchObject({ ok: true });
    await approved();
    await approved();
    final = `${await text("/log/checkpoint")}\n`;
    expect((await get(`${ENDED}/checkpoint`)).status).toBe(404);
    await freeze();
    await redeploy({ LOG_ORIGIN: SECOND, LOG_NEXT_SIGNING_KEY: seedOf(3) });
    await text("/log/checkpoint");
  });

  it("the final checkpoint, tiles and proofs are served, up to its end and no further", async () => {
    const { size, root } = headOf(final);
    const { size: oldSize, root: oldRoot } = headOf(early);
    const checkpoint = await get(`${ENDED}/checkpoint`);
    expect([checkpoint.headers.get("cache-control"), await checkpoint.text()]).toEqual(["public, max-age=60", final]);

    const tile = await get(`${ENDED}/tile/0/000.p/${size}`);
    const hashes = new Uint8Array(await tile.arrayBuffer());
    expect([tile.headers.get("cache-control"), hashes.length]).toEqual(["public, max-age=31536000, immutable", size * 32]);
    const again = await call("GET", `${ENDED}/tile/0/000.p/${size}`, { headers: { "if-none-match": tile.headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
    expect((await get(`${ENDED}/tile/entries/000.p/${size}`)).status).toBe(200);

    const shown = await (await get(`${ENDED}/proof/consistency?from=${oldSize}&to=${size}`)).json<{ consistency: string[] }>();
    const path = shown.consistency.map((hash) => fromB64(hash) ?? new Uint8Array());
    expect(verifyConsistency({ oldSize, oldRoot, size, root, path })).toBe(true);
    const leaf = hashes.slice(64, 96);
    const place = await get(`${ENDED}/proof/inclusion?hash=${hex(leaf)}&size=${size}`);
    const { leaf_index: index, audit_path: audit } = await place.json<{ leaf_index: number; audit_path: string[] }>();
    const auditPath = audit.map((hash) => fromB64(hash) ?? new Uint8Array());
    expect(index).toBe(2);
    expect(verifyInclusion({ leafHash: leaf, index, size, root, path: auditPath })).toBe(true);

    for (const beyond of [`tile/0/000.p/${size + 1}`, "tile/0/nonsense", `proof/consistency?from=1&to=${size + 1}`]) {
      const answer = await get(`${ENDED}/${beyond}`);
      expect([answer.status, answer.headers.get("cache-control")]).toEqual([404, "no-store"]);
    }
  });

  it("nothing is served of a log that has not ended here, under another spelling, or to be changed", async () => {
    const paths = ["checkpoint", "tile/0/000.p/1", "proof/consistency?from=1&to=2", "proof/inclusion?index=0&size=1"];
    const encoded = ENDED.replace(/[0-9a-f]{64}$/, (name) => `%${name.charCodeAt(0).toString(16)}${name.slice(1)}`);
    for (const place of [under(SECOND), under("b/log"), ENDED.replace(/[0-9a-f]{64}$/, (name) => name.toUpperCase()), encoded]) {
      for (const path of paths) {
        const answer = await get(`${place}/${path}`);
        expect([place, path, answer.status, answer.headers.get("cache-control")]).toEqual([place, path, 404, "no-store"]);
      }
    }
    for (const path of paths) {
      expect((await call("POST", `${ENDED}/${path}`)).status).toBe(405);
      const head = await call("HEAD", `${ENDED}/${path}`);
      expect([head.status, await head.text()]).toEqual([200, ""]);
    }
  });

  it("a client that remembers it goes on to the next log, given its key", async () => {
    expect(await look(memory)).toMatchObject({ ok: false, refusal: { code: "log_replaced" } });
    const vkey = await text("/log/vkey");
    expect(await look(memory, vkey)).toEqual({ ok: true, value: { vkey } });
    const held = await memory.read();
    expect(held).toMatchObject({ ok: true, value: { length: 2 } });
    const old = held.ok ? held.value.find(({ log }) => log === LOG_ORIGIN) : undefined;
    expect(old).toMatchObject({ urls: [`https://gate.example.com${ENDED}`], checkpoint: final });
    expect(await look(memory)).toMatchObject({ ok: true });
  });

  it("a third log: the first is still there, the second with it", async () => {
    const third = "gate.example.com/log/3";
    await redeploy({ LOG_ORIGIN: SECOND, LOG_SIGNING_KEY: seedOf(3) });
    const second = `${await text("/log/checkpoint")}\n`;
    await freeze();
    await deployAnew({ LOG_ORIGIN: third, LOG_SIGNING_KEY: seedOf(3) }, { requests: asked, logs: [LOG_ORIGIN, SECOND, third] });
    expect((await text("/log/checkpoint")).split("\n")[0]).toBe(third);
    expect(`${await text(`${ENDED}/checkpoint`)}\n`).toBe(final);
    expect(`${await text(`${under(SECOND)}/checkpoint`)}\n`).toBe(second);
  });
});

describe("of a database that was put back", () => {
  it("what is lost is 503, and only who has seen it all is led on", async () => {
    const [some, all] = [processMemory(), processMemory()];
    const restore = await backup();
    await approved();
    expect(await look(some)).toMatchObject({ ok: true });
    await approved();
    expect(await look(all)).toMatchObject({ ok: true });
    const final = await text("/log/checkpoint");
    const { size } = headOf(`${final}\n`);
    await restore();
    await redeploy();
    expect((await get("/log/checkpoint")).status).toBe(503);
    await redeploy({ LOG_ORIGIN: SECOND });
    const vkey = await text("/log/vkey");

    expect(await text(`${ENDED}/checkpoint`)).toBe(final);
    for (const path of [`tile/0/000.p/${size}`, `tile/entries/000.p/${size}`, `proof/consistency?from=1&to=${size}`]) {
      const answer = await get(`${ENDED}/${path}`);
      expect([answer.status, answer.headers.get("cache-control")]).toEqual([503, "no-store"]);
      expect(await answer.text()).toContain("This log has ended");
    }
    expect(await look(all, vkey)).toMatchObject({ ok: true });
    expect(await look(some, vkey)).toMatchObject({ ok: false, refusal: { code: "log_unproven" } });
    lies.splice(0);
  });
});
