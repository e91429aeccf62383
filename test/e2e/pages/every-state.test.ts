/**
 * Every page in every state, as `npm run screenshots` shows them: nothing that axe finds, nothing cut off or in the way at any width or
 * with large text, and all of it for a keyboard alone. `npm test` looks at some, `npm run verify:pages` at all.
 */
import { rmSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { oneIn } from "#test/support/every-case.ts";
import { faultsOf } from "#test/support/scenes/judge-page.ts";
import { openScene, type Scene } from "#test/support/scenes/open-scene.ts";
import { SCENES, SCENES_OF_NOBODY, SCENES_WHILE_STOPPED } from "#test/support/scenes/scenes.ts";
import { Stage } from "#test/support/scenes/stage.ts";
import { type Service, startService } from "#test/support/service/service.ts";

/** So many that a run of all tests looks at each kind of page. */
const PART = 8;

let browser: Browser;
let service: Service;
let stage: Stage;
beforeAll(async () => {
  [browser, service] = await Promise.all([enterChromium(), startService()]);
});
afterAll(async () => {
  await leaveChromium();
  await service?.stop();
  if (service !== undefined) rmSync(service.stateDir, { recursive: true, force: true });
});

const cases = (scenes: readonly Scene[]): [string, Scene][] => scenes.map((scene) => [scene.name, scene]);

async function look(scene: Scene): Promise<string[]> {
  const { page, context } = await openScene(browser, stage, scene);
  const faults = await faultsOf(page, { hasScripts: scene.browser?.javaScriptEnabled !== false });
  await context.close();
  return faults;
}

test.each(SCENES_OF_NOBODY.map(({ name, path }) => [name, path] as const))("before anybody is enrolled: %s", async (_, path) => {
  const context = await browser.newContext({ reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.goto(`${service.origin}${path}`);
  expect(await faultsOf(page)).toEqual([]);
  await context.close();
});

describe("on the stage", () => {
  beforeAll(async () => {
    stage = await Stage.set(service);
  });

  test.each(cases(oneIn(PART, SCENES)))("%s", async (_, scene) => {
    expect(await look(scene)).toEqual([]);
  });
});

describe("while everything is stopped", () => {
  beforeAll(() => stage.stopEverything());

  test.each(cases(oneIn(SCENES_WHILE_STOPPED.length, SCENES_WHILE_STOPPED)))("%s", async (_, scene) => {
    expect(await look(scene)).toEqual([]);
  });
});
