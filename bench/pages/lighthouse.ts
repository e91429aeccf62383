/**
 * Lighthouse on the inbox and the card of the running service, on a simulated phone and on a desk, beside a page that holds nothing, in
 * turns: what the machine does to one it does to the other. Fails where the pages are less than they should be.
 *
 * Lighthouse is a hundred packages that nothing else needs, so it is not among those of package.json: the first run installs the pinned
 * version in a folder of its own below node_modules/.cache. Option: `--runs`, of each, 5 if not given.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { launchChromium } from "#test/support/browser/chromium.ts";
import { Stage } from "#test/support/scenes/stage.ts";
import { freePort, startService } from "#test/support/service/service.ts";
import { begin, tell } from "../begin.ts";
import { median, number, printTable } from "../statistics.ts";

const VERSION = "13.5.0";
const CACHE = fileURLToPath(new URL(`../../node_modules/.cache/lighthouse-${VERSION}`, import.meta.url));

/** What is asked of inbox and card. */
const LEAST_RATIO = 0.95;
const LEAST_SCORE = 0.95;

const CATEGORIES = ["performance", "accessibility", "best-practices"] as const;
type Scores = Record<(typeof CATEGORIES)[number], number>;

/** As far as it is used here (lighthouse/types/externs.d.ts). */
interface Lighthouse {
  default: (
    url: string,
    flags: object,
    config?: object,
  ) => Promise<{
    lhr: { categories: Record<string, { score: number | null }>; audits: Record<string, { score: number | null; title: string }> };
  }>;
  desktopConfig: object;
}

async function lighthouse(): Promise<Lighthouse> {
  if (!existsSync(CACHE)) {
    tell(`Installing lighthouse ${VERSION}, once.`);
    const staging = `${CACHE}.${process.pid}`;
    mkdirSync(staging, { recursive: true });
    const args = ["install", "--prefix", staging, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", `lighthouse@${VERSION}`];
    const { status } = spawnSync("npm", args, { stdio: "inherit" });
    if (status !== 0) throw new Error(`lighthouse ${VERSION} could not be installed`);
    renameSync(staging, CACHE);
  }
  return (await import(pathToFileURL(`${CACHE}/node_modules/lighthouse/core/index.js`).href)) as Lighthouse;
}

const BLANK = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="Nothing"><link rel="icon" href="data:,"><title>Nothing</title></head><body><main><h1>Nothing</h1></main></body></html>`;

async function serveBlank() {
  const server = createServer((_, response) => response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(BLANK));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://localhost:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}

const { values } = parseArgs({ options: { runs: { type: "string", default: "5" } } });
begin(30);
const { default: audit, desktopConfig } = await lighthouse();
const port = await freePort();
const [service, browser, blank] = await Promise.all([startService(), launchChromium(`--remote-debugging-port=${port}`), serveBlank()]);
const failures: string[] = [];
try {
  const stage = await Stage.set(service);
  const headers = { Cookie: stage.people.alex.cookie };
  const pages = [
    { name: "blank", url: blank.url },
    { name: "inbox", url: `${service.origin}/`, headers },
    { name: "card", url: `${service.origin}${stage.approval("pending")}`, headers },
  ];
  const rows = [];
  for (const device of ["phone", "desk"] as const) {
    const scores = new Map<string, Scores[]>(pages.map(({ name }) => [name, []]));
    const lacking = new Set<string>();
    for (let run = 0; run < Number(values.runs); run += 1) {
      for (const { name, url, headers: extraHeaders } of pages) {
        const flags = { port, logLevel: "error", onlyCategories: CATEGORIES, ...(extraHeaders !== undefined && { extraHeaders }) };
        const { lhr } = await audit(url, flags, device === "desk" ? desktopConfig : undefined);
        const of = (category: string): number => lhr.categories[category]?.score ?? 0;
        scores
          .get(name)
          ?.push({ performance: of("performance"), accessibility: of("accessibility"), "best-practices": of("best-practices") });
        if (name === "blank") continue;
        for (const { score, title } of Object.values(lhr.audits)) if (score === 0) lacking.add(`${name}: ${title}`);
        tell(`${device}, ${name}: ${JSON.stringify(scores.get(name)?.at(-1))}`);
      }
    }
    const middle = (name: string, category: keyof Scores): number => median((scores.get(name) ?? []).map((one) => one[category]));
    for (const { name } of pages) {
      const ratio = middle(name, "performance") / middle("blank", "performance");
      rows.push({
        "": `${name}, ${device}`,
        ...Object.fromEntries(CATEGORIES.map((category) => [category, number(100 * middle(name, category))])),
        "beside blank": ratio.toFixed(3),
      });
      if (name === "blank") continue;
      if (ratio < LEAST_RATIO) failures.push(`${name} on the ${device}: performance ${ratio.toFixed(3)} of the blank page's`);
      for (const category of ["accessibility", "best-practices"] as const) {
        if (middle(name, category) < LEAST_SCORE) failures.push(`${name} on the ${device}: ${category} ${100 * middle(name, category)}`);
      }
    }
    for (const title of lacking) tell(`${device}, ${title}`);
  }
  printTable(`Lighthouse ${VERSION}, medians of ${values.runs}`, rows);
} finally {
  blank.close();
  await browser.close();
  await service.stop();
  rmSync(service.stateDir, { recursive: true, force: true });
}
for (const failure of failures) tell(failure);
process.exit(failures.length === 0 ? 0 : 1);
