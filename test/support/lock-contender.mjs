/**
 * A process that wants a lock: `lock-contender.mjs MODULE FILE LEDGER`. Takes it again and again, and writes to the ledger, in single
 * appends, when it has it and when it gives it back. Killed at any moment, it leaves its last line open.
 */
import { appendFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

const [module, file, ledger] = process.argv.slice(2);
const { holdLock } = await import(module);

for (;;) {
  const release = await holdLock(file);
  if (release !== null) {
    appendFileSync(ledger, `+${process.pid}\n`);
    await wait(Math.random() * 4);
    appendFileSync(ledger, `-${process.pid}\n`);
    release();
  }
  await wait(Math.random() * 3);
}
