/** How much of the window the bar with the buttons takes, for what the focus or a link moves to: it must not come to rest below it. */

const SPACE = 24;

/** Tells the style sheets, now and at every change. */
export function tellBarHeight(bar: HTMLElement): void {
  new ResizeObserver(() => {
    document.documentElement.style.setProperty("--bar", `${bar.offsetHeight + SPACE}px`);
  }).observe(bar);
}
