/** Whether the reader has come to the payload's end: it was on screen or scrolled past, or the focus went past it. */

/** As far above the window as any payload reaches. */
const ABOVE = 10_000_000;

/** Calls `onSeen` once. `bar` lies over the bottom of the window: what is behind it is not on screen. */
export function watchPayloadEnd(end: Element, bar: HTMLElement, onSeen: () => void): void {
  const finish = (): void => {
    observer.disconnect();
    document.removeEventListener("focusin", onFocus);
    onSeen();
  };
  const covered = Math.min(bar.offsetHeight, Math.floor(innerHeight / 2));
  const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && finish(), {
    rootMargin: `${ABOVE}px 0px -${covered}px 0px`,
  });
  const onFocus = ({ target }: FocusEvent): void => {
    const after = target instanceof Node && (end.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
    if (after) finish();
  };
  observer.observe(end);
  document.addEventListener("focusin", onFocus);
}
