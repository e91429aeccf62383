/**
 * `npm run screenshots:docs [-- NAME…]`: the pictures of pages in docs/, each a scene of test/support/scenes as a phone shows it, from a
 * service of its own. Made anew when a page changes so much that the text beside the picture is no longer true.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** File in docs/: the scene. */
export const PICTURES = {
  "tutorial-phone.png": "card-look-at-this",
};

const PHONE = { width: 390, height: 844 };

/** Writes those that are named; all, if none is. */
export async function takePictures(names) {
  const [{ enterChromium }, { openScene }, { SCENES }, { Stage }, { startService }] = await Promise.all([
    import("../../test/support/browser/chromium.ts"),
    import("../../test/support/scenes/open-scene.ts"),
    import("../../test/support/scenes/scenes.ts"),
    import("../../test/support/scenes/stage.ts"),
    import("../../test/support/service/service.ts"),
  ]);
  const [browser, service] = await Promise.all([enterChromium(), startService()]);
  try {
    const stage = await Stage.set(service);
    for (const [name, sceneName] of Object.entries(PICTURES)) {
      if (names.length > 0 && !names.includes(name)) continue;
      const scene = SCENES.find((one) => one.name === sceneName);
      const { page, context } = await openScene(browser, stage, scene);
      await page.setViewportSize(PHONE);
      await page.screenshot({ path: join(ROOT, "docs", name) });
      await context.close();
      console.log(name);
    }
  } finally {
    await browser.close();
    await service.stop();
    rmSync(service.stateDir, { recursive: true, force: true });
  }
}
