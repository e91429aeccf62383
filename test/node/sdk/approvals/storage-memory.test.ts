/** The memory of logs in what browsers keep for a site. */
import { expect, it } from "vitest";
import { Countersign } from "#countersign/sdk/approvals/countersign.ts";
import { type KeptTexts, storageMemory } from "#countersign/sdk/approvals/storage-memory.ts";
import { StubCountersign } from "#countersign/testing/stub-countersign.ts";

class Texts extends Map<string, string> implements KeptTexts {
  getItem(name: string): string | null {
    return this.get(name) ?? null;
  }
  setItem(name: string, text: string): void {
    this.set(name, text);
  }
}

const ASK = { action: "Deploy", payload: {} };

async function approve(stub: StubCountersign, memory = storageMemory(new Texts())) {
  const countersign = new Countersign({ url: stub.url, apiKey: stub.apiKey, fetch: stub.fetch, memory });
  return await countersign.requestApproval({
    ...ASK,
    onProgress: ({ kind, state }) => void (kind === "asked" && stub.decide(state.request_id, "approved")),
  });
}

it("lasts from one program to the next, and is replaced only by whoever has read it", async () => {
  const [stub, texts] = [new StubCountersign(), new Texts()];
  await approve(stub, storageMemory(texts));
  const before = await storageMemory(texts).read();
  expect(before).toMatchObject({ ok: true, value: [{ vkeys: [stub.logKey] }] });
  await approve(stub, storageMemory(texts));
  if (!before.ok) throw new Error(before.refusal);
  expect(await storageMemory(texts).replace(before.value, [])).toEqual({ ok: true, value: false });
});

it("that is damaged, or of no use, is said to be, and nothing is approved by it", async () => {
  const stub = new StubCountersign();
  const damaged = new Texts([["countersign/logs", "{}"]]);
  const full = Object.assign(new Texts(), {
    setItem: () => {
      throw new Error("full");
    },
  });
  const closed = Object.assign(new Texts(), {
    getItem: () => {
      throw new Error("closed");
    },
  });
  for (const texts of [damaged, full, closed]) {
    await expect(approve(stub, storageMemory(texts))).rejects.toMatchObject({ name: "NotVerified", code: "log_memory_unusable" });
  }
});
