/** How a log grew, drawn: entries over time, from its first head to its newest. Shapes only, for a browser without scripts. */
import type { FC } from "hono/jsx";
import { timeView } from "#pages/kit/row-view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { logTexts as texts } from "#texts/log.ts";
import { entriesText } from "./entry-view.ts";

const WIDTH = 1_000;
const HEIGHT = 200;

export interface GrowthPoint {
  size: number;
  /** A time of words.ts. */
  at: string;
}

/** Where the points stand, the newest at the top right; a clock that stepped back moves nothing to the left. Null if there is no line. */
function placed(points: readonly GrowthPoint[]): { x: number; y: number }[] | null {
  const timed = points.map(({ size, at }) => ({ size, ms: Date.parse(at) })).filter(({ ms }) => !Number.isNaN(ms));
  const [first, last] = [timed[0], timed.at(-1)];
  if (first === undefined || last === undefined || last.ms <= first.ms) return null;
  let latest = first.ms;
  return timed.map(({ size, ms }) => {
    latest = Math.min(last.ms, Math.max(latest, ms));
    const x = ((latest - first.ms) / (last.ms - first.ms)) * WIDTH;
    return { x: Math.round(x * 10) / 10, y: Math.round((1 - size / last.size) * HEIGHT * 10) / 10 };
  });
}

/** Nothing while there is nothing to draw: heads of one moment make no line. */
export const GrowthChart: FC<{ points: readonly GrowthPoint[] }> = ({ points }) => {
  const places = placed(points);
  const [first, last] = [points[0], points.at(-1)];
  if (places === null || first === undefined || last === undefined) return null;
  const line = places.map(({ x, y }, i) => (i === 0 ? `M${x} ${y}` : `L${x} ${y}`)).join("");
  return (
    <section aria-labelledby="growth-title">
      <h2 id="growth-title">{texts.growth.growth}</h2>
      <figure class="growth">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <path class="area" d={`${line}V${HEIGHT}H0Z`} />
          <path class="line" d={line} />
        </svg>
        <figcaption>
          <span>
            {entriesText(first.size)}, {toJsx(timeView(first.at))}
          </span>
          <span>
            {entriesText(last.size)}, {toJsx(timeView(last.at))}
          </span>
        </figcaption>
      </figure>
    </section>
  );
};
