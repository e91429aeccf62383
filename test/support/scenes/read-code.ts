/** What a QR code on a page says, read by another implementation than the one that drew it. */
import type { Page } from "playwright-core";
import decode from "qr/decode.js";

/** Of each module, so that a reader made for cameras finds it. */
const PIXELS = 8;

/** The text in the code that the page shows. */
export async function codeOn(page: Page): Promise<string> {
  const shown = page.getByRole("img", { name: "QR code of this page’s link" });
  const side = Number((await shown.getAttribute("viewBox"))?.split(" ")[2]);
  const drawn = (await shown.locator("path").getAttribute("d")) ?? "";
  const data = new Uint8Array((side * PIXELS) ** 2 * 4).fill(255);
  for (const [, x, y] of drawn.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    for (let row = 0; row < PIXELS; row += 1) {
      const from = (Number(y) * PIXELS + row) * side * PIXELS + Number(x) * PIXELS;
      for (let pixel = from; pixel < from + PIXELS; pixel += 1) data.fill(0, pixel * 4, pixel * 4 + 3);
    }
  }
  return decode({ width: side * PIXELS, height: side * PIXELS, data });
}
