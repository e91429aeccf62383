/** Whether a part of the request reaches past the window's side, as with very large type in a narrow window. */
import { REQUEST_REGIONS } from "../../request-view.ts";
import { byId } from "#pages/kit/browser/page.ts";

/** Widths are rounded on their own: a whole pixel may come of that. */
const ROUNDING_PX = 1;

export const isCutOff = (): boolean =>
  REQUEST_REGIONS.some((id) => {
    const { scrollWidth, clientWidth } = byId(id);
    return scrollWidth > clientWidth + ROUNDING_PX;
  });

/** Calls `onChange` whenever the window or a part of the request has changed its size. */
export function watchCutOff(onChange: () => void): void {
  const sizes = new ResizeObserver(onChange);
  for (const id of REQUEST_REGIONS) sizes.observe(byId(id));
  addEventListener("resize", onChange);
}
