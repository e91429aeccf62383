/**
 * Which parts of the payload the reader has seen. The link that led here is the agent's, and so is where the browser scrolls or puts
 * the focus by itself: at a fragment, a fragment of text, the place of an earlier visit. Only what the reader does counts, and what
 * they leap over does not: a part is seen once all of it has been on screen.
 */
import { PART_CLASS } from "#pages/kit/value/parts.ts";

/** What a reader scrolls with. Dragging a scroll bar gives no event but the scrolling. */
const MEANS = ["wheel", "touchmove", "pointerdown", "keydown"] as const;
/** The browser moves once or twice by itself; a dragged scroll bar moves on and on. */
const OWN_MOVES = 3;
/** Keys that lead to an end, past everything between, however softly the browser scrolls there. */
const LEAPING_KEYS: ReadonlySet<string> = new Set(["End", "Home"]);
const LEAPING_WITH_CONTROL: ReadonlySet<string> = new Set(["ArrowUp", "ArrowDown"]);
/** After such a key, what is on screen counts once the page has stood still for so long. */
const STILL_MS = 120;
/** The focus rests where it stays so long. */
const REST_MS = 40;
const ROUNDING_PX = 1;
/** Zoomed out further, nobody can read it. */
const SMALLEST_ZOOM = 0.5;

const loaded = (): Promise<void> =>
  new Promise((resolve) => {
    if (document.readyState === "complete") resolve();
    else addEventListener("load", () => resolve(), { once: true });
  });

/** Comes only while the page is visible. */
const nextFrame = (): Promise<number> => new Promise(requestAnimationFrame);

/** Whether the page is zoomed out until no text can be read. */
export const isTooSmall = (): boolean => {
  const zoom = outerWidth > 0 ? (outerWidth / innerWidth) * Math.max(1, visualViewport?.scale ?? 1) : 1;
  return Math.min(zoom, devicePixelRatio) < SMALLEST_ZOOM;
};

/** From where to where of the window is on screen: above what lies over it, and within what is enlarged. */
function band(bar: Element): { top: number; bottom: number } {
  const top = Math.max(0, visualViewport?.offsetTop ?? 0);
  const bottom = Math.min(innerHeight, top + (visualViewport?.height ?? innerHeight), bar.getBoundingClientRect().top);
  return { top: top - ROUNDING_PX, bottom: bottom + ROUNDING_PX };
}

/** From where to where a part was on screen, in shares of its height, which may change. */
type Strip = readonly [from: number, to: number];

/** The strip of `part` that is on screen; null if none is. */
function stripOnScreen(part: Element, { top, bottom }: ReturnType<typeof band>): Strip | null {
  const { top: from, bottom: to, height } = part.getBoundingClientRect();
  if (height === 0 || to < top || from > bottom) return null;
  return [Math.max(0, (top - from) / height), Math.min(1, (bottom - from) / height)];
}

/** Strips of a part, none meeting another. */
function withStrip(strips: readonly Strip[], [from, to]: Strip): Strip[] {
  const met = strips.filter((one) => one[0] <= to && one[1] >= from);
  const joined: Strip = [Math.min(from, ...met.map((one) => one[0])), Math.max(to, ...met.map((one) => one[1]))];
  return [...strips.filter((one) => !met.includes(one)), joined];
}

/** Up to where a part was seen from its beginning on. */
const seenTo = (strips: readonly Strip[]): number => strips.find(([from]) => from === 0)?.[1] ?? 0;

/** What the reader sees, and what of the payload is left to see. */
export class PayloadSeen {
  readonly #bar: Element;
  readonly #isUnreadable: () => boolean;
  readonly #onChange: () => void;
  #count = 0;
  /** What of each part was on screen; a part that was seen is taken out. */
  readonly #left = new Map<HTMLElement, readonly Strip[]>();
  /** The same while it is not sure that the reader scrolls. */
  readonly #unsure = new Map<HTMLElement, readonly Strip[]>();
  #own = false;
  #moves = 0;
  #position = 0;
  #lastFrame = 0;
  #movedAt = -STILL_MS;
  #leapt = false;
  #watching = false;

  /** Calls `onChange` whenever more of `payloads` is seen. What is behind `bar` is not on screen; nothing counts while it `isUnreadable`. */
  constructor(payloads: readonly Element[], bar: Element, isUnreadable: () => boolean, onChange: () => void) {
    this.#bar = bar;
    this.#isUnreadable = isUnreadable;
    this.#onChange = onChange;
    for (const payload of payloads) this.#add(payload);
    const sizes = new ResizeObserver(() => this.#watch());
    sizes.observe(document.documentElement);
    for (const means of MEANS) addEventListener(means, (event) => this.#onMeans(event), { passive: true, capture: true });
    addEventListener("scroll", () => this.#onScroll(), { passive: true });
    addEventListener("resize", () => this.#watch());
    visualViewport?.addEventListener("scroll", () => this.#watch());
    visualViewport?.addEventListener("resize", () => this.#watch());
    addEventListener("hashchange", () => this.#toTop());
    document.addEventListener("visibilitychange", () => this.#watch());
    document.addEventListener("click", (event) => this.#follow(event));
    document.addEventListener("focusin", ({ target }) => void this.#onFocus(target));
    this.#toTop();
    void this.#settle();
  }

  /** How many parts there are. */
  get count(): number {
    return this.#count;
  }

  /** Another payload, which was not on the page before. */
  also(payload: Element): void {
    this.#add(payload);
    this.#watch();
  }

  #add(payload: Element): void {
    const parts = payload.querySelectorAll<HTMLElement>(`.${PART_CLASS}`);
    for (const part of parts) this.#left.set(part, []);
    this.#count += parts.length;
  }

  /** The parts that have not been seen, in order. */
  get left(): HTMLElement[] {
    return [...this.#left.keys()];
  }

  async #settle(): Promise<void> {
    await loaded();
    await nextFrame();
    await nextFrame();
    if (!this.#own) this.#toTop();
  }

  #toTop(): void {
    history.scrollRestoration = "manual";
    if (location.hash !== "" && document.activeElement instanceof HTMLElement) document.activeElement.blur();
    history.replaceState(history.state, "", location.pathname + location.search);
    scrollTo(0, 0);
    this.#position = 0;
    this.#own = false;
    this.#unsure.clear();
    this.#watch();
  }

  #onScroll(): void {
    const leap = Math.abs(scrollY - this.#position) > innerHeight / 2;
    this.#position = scrollY;
    if (!this.#own && this.#position > 0) {
      this.#moves += 1;
      if (this.#moves >= OWN_MOVES) this.#beSure();
      else if (leap) this.#toTop();
    }
    this.#watch();
  }

  #beSure(): void {
    this.#own = true;
    this.#addAll(this.#unsure);
    this.#unsure.clear();
  }

  #onMeans(event: Event): void {
    if (!event.isTrusted) return;
    this.#own = true;
    if (event instanceof KeyboardEvent) {
      const controlled = (event.ctrlKey || event.metaKey) && LEAPING_WITH_CONTROL.has(event.key);
      if (controlled || LEAPING_KEYS.has(event.key)) {
        this.#leapt = true;
        this.#movedAt = performance.now();
      }
    }
    this.#watch();
  }

  /** Looks at every frame until the page stands still. */
  #watch(): void {
    if (this.#watching || this.#left.size === 0) return;
    this.#watching = true;
    requestAnimationFrame(() => this.#look());
  }

  #look(): void {
    this.#watching = false;
    const now = performance.now();
    const screen = band(this.#bar);
    const moved = Math.abs(scrollY - this.#lastFrame);
    this.#lastFrame = scrollY;
    if (moved > 0) this.#movedAt = now;
    const stillMs = now - this.#movedAt;
    if (stillMs >= STILL_MS) this.#leapt = false;
    const isLeap = this.#leapt || moved > screen.bottom - screen.top;
    if (!isLeap && this.#isReadable()) this.#take(screen, this.#own || scrollY === 0);
    if (stillMs < STILL_MS) this.#watch();
  }

  readonly #isReadable = (): boolean => document.visibilityState === "visible" && !this.#isUnreadable();

  #take(screen: ReturnType<typeof band>, isSure: boolean): void {
    const onScreen = new Map<HTMLElement, readonly Strip[]>();
    for (const part of this.left) {
      const strip = stripOnScreen(part, screen);
      if (strip !== null) onScreen.set(part, [strip]);
    }
    if (isSure) this.#addAll(onScreen);
    else
      for (const [part, [strip]] of onScreen)
        if (strip !== undefined) this.#unsure.set(part, withStrip(this.#unsure.get(part) ?? [], strip));
  }

  #addAll(seen: ReadonlyMap<HTMLElement, readonly Strip[]>): void {
    const before = this.#left.size;
    for (const [part, strips] of seen) {
      const known = this.#left.get(part);
      if (known === undefined) continue;
      const all = strips.reduce(withStrip, known);
      if (seenTo(all) === 1) this.#left.delete(part);
      else this.#left.set(part, all);
    }
    if (this.#left.size < before) this.#onChange();
  }

  /** Leads to the place that a link of the page names: by the reader's own hand, and not by an address that anybody can write. */
  #follow(event: Event): void {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[href^="#"]') : null;
    const target = link === null ? null : document.getElementById(link.hash.slice(1));
    if (target === null || !event.isTrusted) return;
    event.preventDefault();
    for (let fold = target.closest("details"); fold !== null; fold = fold.parentElement?.closest("details") ?? null) fold.open = true;
    target.focus({ preventScroll: true });
    const seen = seenTo(this.#left.get(target) ?? []);
    const { top, height } = target.getBoundingClientRect();
    // What a part belongs to stands above it, as far as there is room.
    const screen = band(this.#bar);
    const room = screen.bottom - screen.top - height;
    scrollBy(0, top + height * seen - Math.min(96, Math.max(8, room)));
  }

  /** Without a pointer: what the focus has rested on is seen; what is taller than the screen only as far as it is on it. */
  async #onFocus(target: EventTarget | null): Promise<void> {
    if (!(target instanceof HTMLElement) || !this.#left.has(target)) return;
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    const rests = document.activeElement === target && target.matches(":focus-visible");
    if (!rests || !this.#own || !this.#isReadable()) return;
    const screen = band(this.#bar);
    const isWhole = target.getBoundingClientRect().height <= screen.bottom - screen.top;
    const strip = isWhole ? ([0, 1] as const) : stripOnScreen(target, screen);
    if (strip !== null) this.#addAll(new Map([[target, [strip]]]));
  }
}
