/** What inbox and card weigh on the wire, with all that they load, from the running service: `npm run size` measures the others. */
import { rmSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { pageOf } from "#test/support/scenes/open-scene.ts";
import { Stage } from "#test/support/scenes/stage.ts";
import { type Service, startService } from "#test/support/service/service.ts";

const KIB = 1_024;

let browser: Browser;
let service: Service;
let stage: Stage;
beforeAll(async () => {
  [browser, service] = await Promise.all([enterChromium(), startService()]);
  stage = await Stage.set(service);
});
afterAll(async () => {
  await leaveChromium();
  await service?.stop();
  if (service !== undefined) rmSync(service.stateDir, { recursive: true, force: true });
});

test.each([
  ["inbox", 60, (): string => "/"],
  ["card", 60, (): string => stage.approval("pending")],
])("the %s: at most %d KiB, gzipped, with HTML, style sheets and scripts", async (_, most, path) => {
  const { page, context } = await pageOf(browser, service, stage.people.alex);
  const weights = new Map<string, number>();
  const kinds = new Set(["document", "stylesheet", "script"]);
  page.on("response", (response) => {
    if (!kinds.has(response.request().resourceType())) return;
    // Taken up below: what is measured by then has come to its end.
    weights.set(response.url(), 0);
  });
  await page.goto(new URL(path(), service.origin).href, { waitUntil: "load" });
  for (const url of weights.keys()) {
    const body = await (await context.request.get(url)).body();
    weights.set(url, gzipSync(body, { level: 9 }).length);
  }
  expect(weights.size).toBeGreaterThanOrEqual(3);
  const all = [...weights.values()].reduce((sum, one) => sum + one, 0);
  expect(all / KIB, [...weights].map(([url, bytes]) => `${url} ${bytes}`).join("\n")).toBeLessThanOrEqual(most);
  await context.close();
});
