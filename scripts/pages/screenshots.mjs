/**
 * `npm run screenshots [-- FOLDER [NAME…]]`: what every page looks like in every state (test/support/scenes), on a phone and on a desk,
 * light and dark, from a service of its own. FOLDER is `dist/screenshots` if none is given; names choose scenes by how they begin.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { enterChromium } from "../../test/support/browser/chromium.ts";
import { openScene } from "../../test/support/scenes/open-scene.ts";
import { SCENES, SCENES_OF_NOBODY, SCENES_WHILE_STOPPED } from "../../test/support/scenes/scenes.ts";
import { Stage } from "../../test/support/scenes/stage.ts";
import { startService } from "../../test/support/service/service.ts";
import { buildAssets } from "../build.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SIZES = [
  { width: 390, height: 844 },
  { width: 1440, height: 900 },
];
const SCHEMES = ["light", "dark"];

const [folderGiven = join(ROOT, "dist", "screenshots"), ...begins] = process.argv.slice(2);
const folder = resolve(folderGiven);
const isWanted = ({ name }) => begins.length === 0 || begins.some((begin) => name.startsWith(begin));

/** Where the bar with the buttons is: of a whole page it would hide the middle. */
const setBar = (page, position) =>
  page.evaluate((where) => {
    for (const bar of document.querySelectorAll(".decide")) bar.style.position = where;
  }, position);

/** The whole page, and, where that is more than the screen, the screen. */
async function shoot(page, name) {
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      const path = (what) => join(folder, `${name}-${size.width}-${colorScheme}${what}.png`);
      const isLonger = await page.evaluate(() => document.documentElement.scrollHeight > innerHeight);
      if (isLonger) await page.screenshot({ path: path("-screen") });
      await setBar(page, "static");
      await page.screenshot({ path: path(""), fullPage: true });
      await setBar(page, "");
    }
  }
  console.log(name);
}

await buildAssets();
mkdirSync(folder, { recursive: true });
const service = await startService();
const browser = await enterChromium();
let failed = 0;
try {
  for (const { name, path } of SCENES_OF_NOBODY.filter(isWanted)) {
    const page = await browser.newPage();
    await page.goto(`${service.origin}${path}`);
    await shoot(page, name);
    await page.close();
  }
  const stage = await Stage.set(service);
  const shootAll = async (scenes) => {
    for (const scene of scenes.filter(isWanted)) {
      try {
        const { page, context } = await openScene(browser, stage, scene);
        await shoot(page, scene.name);
        await context.close();
      } catch (error) {
        failed += 1;
        console.error(`${scene.name}: ${error.message}`);
      }
    }
  };
  await shootAll(SCENES);
  await stage.stopEverything();
  await shootAll(SCENES_WHILE_STOPPED);
  console.log(`They are in ${folder}.`);
} finally {
  await browser.close();
  await service.stop();
  rmSync(service.stateDir, { recursive: true, force: true });
}
process.exit(failed === 0 ? 0 : 1);
