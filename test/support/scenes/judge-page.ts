/**
 * What can be measured of how a page looks and is operated, in the state in which it stands: WCAG 2.2 A and AA as far as axe can tell,
 * whether it fits and nothing lies over anything, and whether a keyboard alone gets everywhere and sees where it is.
 */
import type { Page } from "playwright-core";
import { violationsOn } from "#test/support/browser/accessibility.ts";

const PHONE = { width: 390, height: 844 };
const DESK = { width: 1440, height: 900 };
/** WCAG 2.2, 1.4.10: 320 CSS pixels, which is 1280 at 400 %. */
const NARROW = { width: 320, height: 640 };
const LONGEST_WALK = 400;

const named = (name: string, faults: readonly string[]): string[] => faults.map((fault) => `${name}: ${fault}`);

/** What is cut off, what is wider than the window, and which links and fields lie over each other. */
const misfits = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const faults: string[] = [];
    const tell = (element: Element): string => element.outerHTML.slice(0, 120);
    const { scrollWidth } = document.documentElement;
    if (scrollWidth > innerWidth) faults.push(`the page is ${scrollWidth} wide`);
    for (const element of document.querySelectorAll<HTMLElement>("body *")) {
      const { overflowX, textOverflow, clipPath } = getComputedStyle(element);
      const hides = (overflowX === "hidden" || overflowX === "clip") && textOverflow !== "ellipsis" && clipPath === "none";
      if (hides && element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1) faults.push(`cut off: ${tell(element)}`);
    }
    const modal = document.querySelector("dialog:modal");
    const bars = [...document.querySelectorAll("#decide, #together")];
    const controls = [
      ...(modal ?? document.body).querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, summary"),
    ].filter((element) => element.checkVisibility({ visibilityProperty: true }) && !bars.some((bar) => bar.contains(element)));
    const boxes = controls.map((element) => ({ element, rects: [...element.getClientRects()] }));
    for (const [n, one] of boxes.entries()) {
      for (const other of boxes.slice(n + 1)) {
        if (one.element.contains(other.element)) continue;
        const lies = one.rects.some((a) =>
          other.rects.some(
            (b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1,
          ),
        );
        if (lies) faults.push(`${tell(one.element)} lies over ${tell(other.element)}`);
      }
    }
    return faults;
  });

/** What moves for somebody who prefers that nothing does, or for longer than 150 ms for anybody else. */
async function motions(page: Page): Promise<string[]> {
  const faults: string[] = [];
  for (const [reducedMotion, mostMs] of [
    ["no-preference", 150],
    ["reduce", 0],
  ] as const) {
    await page.emulateMedia({ reducedMotion });
    const moving = await page.evaluate((most) => {
      const ms = (times: string): number =>
        Math.max(...times.split(", ").map((time) => Number.parseFloat(time) * (time.endsWith("ms") ? 1 : 1_000)));
      return [...document.querySelectorAll("body *")].flatMap((element) => {
        const { transitionDuration, animationDuration } = getComputedStyle(element);
        return Math.max(ms(transitionDuration), ms(animationDuration)) > most ? [element.outerHTML.slice(0, 120)] : [];
      });
    }, mostMs);
    faults.push(...named(`motion, ${reducedMotion}`, moving));
  }
  return faults;
}

/** Whether the focus is drawn; an editor draws it around all of itself, a moment later. */
const isFocusDrawn = (page: Page): Promise<boolean> =>
  page
    .waitForFunction(
      () => {
        const focused = document.activeElement;
        const isDrawn = ({ outlineStyle, outlineWidth }: CSSStyleDeclaration): boolean =>
          outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
        // A link that is all of its row is drawn by what it lays over that.
        if (focused !== null && isDrawn(getComputedStyle(focused, "::after"))) return true;
        return [focused, focused?.parentElement, focused?.parentElement?.parentElement].some(
          (element) => element != null && isDrawn(getComputedStyle(element)),
        );
      },
      null,
      { timeout: 2_000 },
    )
    .then(
      () => true,
      () => false,
    );

/** Where the focus is: null before and after everything. */
const focusNow = (page: Page): Promise<{ nth: number; told: string; isHidden: boolean } | null> =>
  page.evaluate(() => {
    const focused = document.activeElement;
    if (!(focused instanceof HTMLElement) || focused === document.body) return null;
    const [box] = focused.getClientRects();
    const top = box && document.elementFromPoint((box.left + box.right) / 2, Math.min(innerHeight - 1, (box.top + box.bottom) / 2));
    const isSeen = top != null && (focused.contains(top) || top.contains(focused) || top.closest("label") !== null);
    return { nth: [...document.querySelectorAll("*")].indexOf(focused), told: focused.outerHTML.slice(0, 120), isHidden: !isSeen };
  });

/** How many places the keyboard has to reach: of buttons of which one is chosen, one. */
const places = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const all = document.querySelectorAll<HTMLElement>(
      "a[href], button, input, select, textarea, summary, [tabindex='0'], [contenteditable=true]",
    );
    const open = [...all].filter(
      (element) =>
        !element.matches(":disabled, [tabindex='-1'], dialog:not([open]) *") && element.checkVisibility({ visibilityProperty: true }),
    );
    const groups = new Set(open.filter((element) => element.matches("[type=radio]")).map((element) => element.getAttribute("name")));
    return open.filter((element) => !element.matches("[type=radio]")).length + groups.size;
  });

/** Goes over the page with the Tab key: everything is reached, once, in the order of the document, with the focus to be seen. */
async function walk(page: Page): Promise<string[]> {
  if (await page.evaluate(() => document.querySelector("dialog:modal") !== null)) return [];
  await page.evaluate(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    // From the very beginning: where a click or a scroll was, the browser would go on.
    const start = document.createElement("span");
    start.tabIndex = -1;
    document.body.prepend(start);
    start.focus();
    start.remove();
  });
  const faults: string[] = [];
  const reached = new Set<number>();
  let last = -1;
  for (let step = 0; step < LONGEST_WALK; step += 1) {
    await page.keyboard.press("Tab");
    const now = await focusNow(page);
    // A field of a time is several places.
    if (now?.nth === last) continue;
    if (now === null || reached.has(now.nth)) break;
    if (now.nth < last) faults.push(`the order goes back at ${now.nth}`);
    if (now.isHidden) faults.push(`the focus is hidden at ${now.told}`);
    if (!(await isFocusDrawn(page))) faults.push(`the focus cannot be seen at ${now.told}`);
    reached.add(now.nth);
    last = now.nth;
  }
  const expected = await places(page);
  if (reached.size < Math.min(expected, LONGEST_WALK)) faults.push(`the keyboard reaches ${reached.size} of ${expected} places`);
  return faults;
}

/**
 * Everything that is wrong with the page as it stands; the keyboard's way comes last, because it may scroll. axe is a script itself: where
 * a page has none to run, it is left out.
 */
export async function faultsOf(page: Page, { hasScripts = true } = {}): Promise<string[]> {
  const faults: string[] = [];
  for (const size of [PHONE, DESK]) {
    await page.setViewportSize(size);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      if (hasScripts) faults.push(...named(`${size.width} ${colorScheme}`, await violationsOn(page)));
    }
    faults.push(...named(`${size.width}`, await misfits(page)));
  }
  await page.setViewportSize(NARROW);
  faults.push(...named("320", await misfits(page)));
  await page.setViewportSize(PHONE);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Page.setFontSizes", { fontSizes: { standard: 32 } });
  faults.push(...named("text at 200 %", await misfits(page)));
  await devtools.send("Page.setFontSizes", { fontSizes: { standard: 16 } });
  faults.push(...named("keyboard", await walk(page)), ...(await motions(page)));
  return faults;
}
