/** Clients that remember, against the log itself: it grows, its key is rotated, and what they knew leads them on. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { readConsistency } from "#gate/log/reading/log-proofs.ts";
import { proveKeys } from "#gate/log/reading/prove-keys.ts";
import { LogClient } from "#countersign/sdk/log-client.ts";
import { processMemory } from "#countersign/sdk/log-memory.ts";
import { rememberCheckpoint } from "#countersign/sdk/remember-checkpoint.ts";
import { logReader } from "#storage/log/log-reader.ts";
import { makeSigner, makeVkey } from "#countersign/tlog/note.ts";
import { leaf, LOG_ORIGIN, type LogWriter, MemoryAnchor, MemoryRotations, writer } from "#test/workerd/support/log.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

beforeEach(emptyStorage);

/** What the routes answer of this writer's log. */
function served(log: LogWriter): typeof fetch {
  const reader = logReader(env.DB, LOG_ORIGIN);
  return async (asked) => {
    const { pathname, searchParams } = new URL(asked instanceof Request ? asked.url : asked);
    if (pathname === "/log/vkey") return new Response(await log.vkey());
    if (pathname === "/log/keys") return Response.json(await proveKeys({ log, reader }));
    const query = Object.fromEntries([...searchParams.keys()].map((name) => [name, searchParams.getAll(name)]));
    const proof = await readConsistency(query, { log, reader });
    return proof.ok ? Response.json(proof.value) : new Response(null, { status: 404 });
  };
}

test("are led from key to key as the log goes on", async () => {
  const vkeys = await Promise.all(
    [1, 2, 3].map(async (seed) => makeVkey(LOG_ORIGIN, (await makeSigner(LOG_ORIGIN, new Uint8Array(32).fill(seed))).publicKey)),
  );
  const kept = { anchor: new MemoryAnchor(), rotations: new MemoryRotations() };
  const [one, other] = [processMemory(), processMemory()];
  const seenBy = async (memory: typeof one, log: LogWriter) => {
    const client = new LogClient({ url: "https://gate.example.com/log", fetch: served(log) });
    return await rememberCheckpoint(await log.checkpoint(), { client, memory, sleep: () => Promise.resolve() });
  };

  const first = await writer({ ...kept, seed: 1 });
  await first.append(leaf("one"));
  for (const memory of [one, other]) expect(await seenBy(memory, first)).toEqual({ ok: true, value: { vkey: vkeys[0] } });

  const both = await writer({ ...kept, seed: 1, nextSeed: 2 });
  await both.append(leaf("two"));
  expect(await seenBy(one, both)).toEqual({ ok: true, value: { vkey: vkeys[1] } });
  const second = await writer({ ...kept, seed: 2 });
  await second.append(leaf("three"));
  await (await writer({ ...kept, seed: 2, nextSeed: 3 })).append(leaf("four"));
  const third = await writer({ ...kept, seed: 3 });
  await third.append(leaf("five"));

  for (const memory of [one, other]) {
    expect(await seenBy(memory, third)).toEqual({ ok: true, value: { vkey: vkeys[2] } });
    expect(await memory.read()).toEqual({
      ok: true,
      value: [{ log: LOG_ORIGIN, urls: ["https://gate.example.com/log"], vkeys, checkpoint: await third.checkpoint() }],
    });
  }
});
