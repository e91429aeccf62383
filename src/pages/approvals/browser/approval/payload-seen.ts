/**
 * Whether the reader has come to the payload's end. The link that led here is the agent's, and so is where the browser scrolls
 * or puts the focus by itself: at a fragment, a fragment of text, the place of an earlier visit. Only what the reader does counts.
 */

/** What a reader scrolls with. Dragging a scroll bar gives no event but the scrolling. */
const MEANS = ["wheel", "touchmove", "pointerdown", "keydown"] as const;
/** The browser moves once or twice by itself; a dragged scroll bar moves on and on. */
const OWN_MOVES = 3;

const loaded = (): Promise<void> =>
  new Promise((resolve) => {
    if (document.readyState === "complete") resolve();
    else addEventListener("load", () => resolve(), { once: true });
  });

/** Comes only while the page is visible. */
const nextFrame = (): Promise<number> => new Promise(requestAnimationFrame);

/** Calls `onSeen` once. What is behind `bar` is not on screen; nothing counts while the request `isCutOff`. */
export function watchPayloadEnd(end: Element, bar: Element, isCutOff: () => boolean, onSeen: () => void): void {
  const watching = new AbortController();
  const { signal } = watching;
  let settled = false;
  let own = false;
  let moves = 0;
  let position = 0;

  const toTop = (): void => {
    history.scrollRestoration = "manual";
    if (location.hash !== "" && document.activeElement instanceof HTMLElement) document.activeElement.blur();
    history.replaceState(history.state, "", location.pathname + location.search);
    scrollTo(0, 0);
    position = 0;
    own = false;
  };
  const finish = (): void => {
    watching.abort();
    sizes.disconnect();
    onSeen();
  };
  const isOnScreen = (): boolean => {
    const lowest = Math.min(innerHeight, bar.getBoundingClientRect().top);
    return document.visibilityState === "visible" && end.getBoundingClientRect().bottom <= lowest;
  };
  const check = (): void => {
    if (settled && !signal.aborted && (own || scrollY === 0) && isOnScreen() && !isCutOff()) finish();
  };
  const onScroll = (): void => {
    const leap = Math.abs(scrollY - position) > innerHeight / 2;
    position = scrollY;
    if (!own && position > 0) {
      moves += 1;
      if (moves >= OWN_MOVES) own = true;
      else if (leap) toTop();
    }
    check();
  };
  const onFocus = ({ target }: FocusEvent): void => {
    const after = target instanceof Node && (end.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
    if (after && location.hash === "" && !isCutOff()) finish();
  };
  const onMeans = ({ isTrusted }: Event): void => {
    own ||= isTrusted;
    check();
  };

  const sizes = new ResizeObserver(check);
  sizes.observe(document.documentElement);
  for (const means of MEANS) addEventListener(means, onMeans, { signal, passive: true, capture: true });
  addEventListener("scroll", onScroll, { signal, passive: true });
  addEventListener("resize", check, { signal });
  addEventListener("hashchange", toTop, { signal });
  document.addEventListener("visibilitychange", check, { signal });
  document.addEventListener("focusin", onFocus, { signal });

  const settle = async (): Promise<void> => {
    await loaded();
    await nextFrame();
    await nextFrame();
    if (signal.aborted) return;
    if (!own) toTop();
    settled = true;
    check();
  };
  toTop();
  void settle();
}
