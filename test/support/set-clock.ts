/**
 * Sets the clock of a checkout's Worker, so that a state of last year is taken up at the moment at which it was kept. All that
 * runs is the code of the checkout; what it is told differs, in two places: what time it is, and, since the runtime's alarms
 * go by the real clock, when it wants to be woken.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { BUNDLE } from "./service/checkout.ts";

/** In a Worker a clock stands still until something is awaited; this one does too, as it asks that one. */
const clockScript = (aheadMs: number): string => `const onThisClock = (() => {
const RealDate = Date;
const AHEAD_MS = ${aheadMs};
const now = () => RealDate.now() + AHEAD_MS;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, made) => Reflect.construct(target, args.length === 0 ? [now()] : args, made),
  get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
});

/** A class of objects whose alarms go by the same clock. The one that the runtime holds when it starts may come early, as any. */
return (Base) =>
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
})();
`;

/** What a bundle gives away, each by its own name or by the one it has within. */
const EXPORTS = /^export \{\n([^}]+)\n\};$/m;

/** The same bundle with its classes by this clock. */
function onClock(script: string, classes: readonly string[], aheadMs: number): string {
  const [all, listed] = EXPORTS.exec(script) ?? [];
  if (all === undefined || listed === undefined) throw new Error("the bundle gives nothing away");
  const given = listed.split(",").map((entry) => {
    const [within = "", name = within] = entry.trim().split(" as ");
    return { within, name };
  });
  const timed = given.filter(({ name }) => classes.includes(name));
  if (timed.length !== new Set(classes).size) throw new Error("the bundle lacks a class");
  const wrapped = timed.map(({ within, name }) => `const ${name}OnThisClock = onThisClock(${within});`);
  const names = given.map((one) => `${timed.includes(one) ? `${one.name}OnThisClock` : one.within} as ${one.name}`);
  // The clock comes first: what is bundled may ask it as soon as it runs.
  return clockScript(aheadMs) + script.replace(all, () => [...wrapped, `export { ${names.join(", ")} };`].join("\n"));
}

/** From its next start on, the service of the checkout at `root` (a copy!) takes it to be `atMs`, and time goes on from there. */
export function setClock(root: string, atMs: number): void {
  const configuration = readFileSync(join(root, "wrangler.toml"), "utf8");
  const classes = [...configuration.matchAll(/class_name = "(\w+)"/g)].map(([, name = ""]) => name);
  const [kept, ...others] = readdirSync(join(root, BUNDLE)).filter((name) => name.endsWith(".bundle"));
  if (kept === undefined || others.length > 0) throw new Error("npm start has kept no bundle");
  // The one that was bundled last of these sources, so that the next start need not bundle again.
  const path = join(root, BUNDLE, kept);
  const bundle = deserialize(readFileSync(path)) as { script: string };
  writeFileSync(path, serialize({ ...bundle, script: onClock(bundle.script, classes, atMs - Date.now()) }));
}
