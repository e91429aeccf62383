/** D1 is put back in time, and whatever is on the way to finding that out fails: the log is frozen, and nothing is signed any more. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { LeafSequencer } from "#gate/log/sequence-leaves.ts";
import { logErrorCode } from "#gate/log/transparency-log.ts";
import { backup } from "#test/workerd/faults/put-back-database.ts";
import { type Fault, type How, isInjected, Plan } from "#test/workerd/support/log-matrix.ts";
import { checkLog, leaf, type LogWriter, MemoryAnchor, portsOfWriter, writer } from "#test/workerd/support/log.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

beforeEach(emptyStorage);

/** The writer has signed for as many. */
const SIZE = 5;
const HOWS: How[] = ["absent", "present"];
const FINDING_OUT = ["store.read", "store.readTiles", "anchor.read", "store.freeze"];
const WRITERS: Record<string, string[]> = { remembers: ["store.commit", ...FINDING_OUT], "begins anew": FINDING_OUT };
const faultsOf = (parts: string[]): (Fault | null)[] => [null, ...parts.flatMap((part) => HOWS.map((how) => ({ part, nth: 0, how })))];

/** Writes other leaves than the ones that are gone. */
const RIVALS: Record<string, number> = {
  "and nobody has written since": 0,
  "and somebody else has written as many": SIZE,
  "and somebody else has written more": SIZE + 2,
};

/** A writer of which everything can fail, and what it has signed since. */
class Watched {
  readonly plan = new Plan();
  readonly anchor = new MemoryAnchor();
  signatures = 0;

  async writer(): Promise<LogWriter> {
    const ports = await portsOfWriter({ anchor: this.anchor });
    const sign = (text: Uint8Array<ArrayBuffer>) => {
      this.signatures += 1;
      return ports.signer.sign(text);
    };
    return new LeafSequencer(this.plan.wrapAll({ ...ports, signer: { ...ports.signer, sign } }));
  }
}

const state = () => env.DB.prepare("SELECT state FROM log").first("state");

async function growTo(log: LogWriter, size: number, name: string): Promise<void> {
  for (let n = Number((await log.checkpoint()).split("\n")[1]); n < size; n++) await log.append(leaf(`${name} ${n}`));
  await log.checkpoint();
}

describe.each([1, 4])(`to %i of ${SIZE} leaves`, (size) => {
  describe.each(Object.entries(RIVALS))("%s", (_, others) => {
    test.each(Object.entries(WRITERS))("and the writer %s", async (memory, parts) => {
      for (const fault of faultsOf(parts)) {
        await emptyStorage();
        const watched = new Watched();
        const log = await watched.writer();
        await growTo(log, size, "mine");
        const putBack = await backup();
        await growTo(log, SIZE, "mine");
        const anchored = watched.anchor.head;
        await putBack();
        await growTo(await writer(), others, "other");

        watched.signatures = 0;
        const asked = memory === "remembers" ? log : await watched.writer();
        watched.plan.next(fault, null);
        const ask = [() => asked.append(leaf("next")), () => asked.checkpoint(SIZE + 1), () => asked.append(leaf("next"))];
        const codes: (string | null)[] = [];
        for (const one of ask) {
          const error: unknown = await one().catch((thrown: unknown) => thrown);
          codes.push(isInjected(error) ? "lost" : logErrorCode(error));
        }
        const what = `${fault?.part} ${fault?.how}: ${codes.join()}`;
        expect(watched.plan.isDone, what).toBe(true);
        expect(codes, what).toEqual([expect.stringMatching(/^lost$|^log_rolled_back$/), ...Array(2).fill(expect.stringMatching(/^log_/))]);
        expect(await state(), what).toBe("frozen");
        expect(watched.signatures, what).toBe(0);
        expect(watched.anchor.head, what).toEqual(anchored);
        expect(await checkLog(), what).not.toContain("next");
      }
    });
  });
});
