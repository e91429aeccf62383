/**
 * Sets the clock of a checkout's Worker, so that a state of last year is taken up at the moment at which it was kept. All that
 * runs is the code of the checkout; what it is told differs, in two places: what time it is, and, since the runtime's alarms
 * go by the real clock, when it wants to be woken.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const CLOCK = "clock-of-this-test.mjs";

/** In a Worker a clock stands still until something is awaited; this one does too, as it asks that one. */
const clockScript = (aheadMs: number): string => `
const RealDate = Date;
const AHEAD_MS = ${aheadMs};
const now = () => RealDate.now() + AHEAD_MS;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, made) => Reflect.construct(target, args.length === 0 ? [now()] : args, made),
  get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
});

/** A class of objects whose alarms go by the same clock. The one that the runtime holds when it starts may come early, as any. */
export const onThisClock = (Base) =>
  class extends Base {
    constructor(state, env) {
      const storage = Object.getPrototypeOf(state.storage);
      if (!Object.hasOwn(storage, "isOnThisClock")) {
        const { setAlarm, getAlarm } = storage;
        Object.defineProperties(storage, {
          isOnThisClock: { value: true },
          setAlarm: { value(at, options) { return setAlarm.call(this, Number(at) - AHEAD_MS, options); } },
          getAlarm: { async value(options) { const at = await getAlarm.call(this, options); return at === null ? null : at + AHEAD_MS; } },
        });
      }
      super(state, env);
    }
  };
`;

/** From its next start on, the service of the checkout at `root` (a copy!) takes it to be `atMs`, and time goes on from there. */
export function setClock(root: string, atMs: number): void {
  const configuration = readFileSync(join(root, "wrangler.toml"), "utf8");
  const main = /^main = "(.+)"$/m.exec(configuration)?.[1];
  if (main === undefined) throw new Error("wrangler.toml names no script");
  const classes = [...configuration.matchAll(/class_name = "(\w+)"/g)].map(([, name = ""]) => name);
  const [folder, script] = [dirname(join(root, main)), basename(main)];
  const original = `original-${script}`;
  renameSync(join(folder, script), join(folder, original));
  writeFileSync(join(folder, CLOCK), clockScript(atMs - Date.now()));
  // The clock comes first: modules are run in the order in which they are imported.
  writeFileSync(
    join(folder, script),
    [
      `import { onThisClock } from "./${CLOCK}";`,
      `import * as original from "./${original}";`,
      `export { default } from "./${original}";`,
      ...classes.map((name) => `export class ${name} extends onThisClock(original.${name}) {}`),
      "",
    ].join("\n"),
  );
}
