/** Plots as the server draws them: columns by day or one bar each, labelled beside them, with every number in a table below. One hue, no script. */
import type { Child, FC } from "hono/jsx";
import { dateText } from "#pages/kit/time-text.ts";
import { consoleTexts as texts } from "#texts/console.ts";

/** Of a column, in the drawing's own units, which stretch to the page's. */
const STEP = 10;
const GAP = 2;
const HEIGHT = 100;

export interface PlotRow {
  label: Child;
  /** One bar, or a column for each day; null where there is nothing to tell. */
  values: readonly (number | null)[];
  /** What is said of all of it. */
  total: string;
}

interface TableProps {
  head: readonly string[];
  rows: readonly (readonly Child[])[];
}

interface PlotProps extends TableProps {
  title: string;
  id: string;
  about?: string;
  plotted: readonly PlotRow[];
  /** The first and the last of the days, where columns are days. */
  days?: readonly [string, string];
}

const largest = (rows: readonly PlotRow[]): number => Math.max(0, ...rows.flatMap(({ values }) => values.map((value) => value ?? 0)));

/** What is not zero is seen, however small it is. */
const lengthOf = (value: number | null, most: number, full: number): number =>
  value === null || value === 0 || most === 0 ? 0 : Math.max(2, Math.round((value / most) * full));

const Columns: FC<{ values: PlotRow["values"]; most: number }> = ({ values, most }) => (
  <svg class="columns" viewBox={`0 0 ${values.length * STEP} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
    {values.map((value, n) => {
      const height = lengthOf(value, most, HEIGHT);
      return height === 0 ? null : (
        <rect x={String(n * STEP + GAP / 2)} y={String(HEIGHT - height)} width={String(STEP - GAP)} height={String(height)} />
      );
    })}
  </svg>
);

const Bar: FC<{ value: number | null; most: number }> = ({ value, most }) => (
  <svg class="bar" viewBox={`0 0 100 ${STEP}`} preserveAspectRatio="none" aria-hidden="true">
    <rect width={String(lengthOf(value, most, 100))} height={String(STEP)} />
  </svg>
);

const Table: FC<TableProps & { name: string }> = ({ name, head, rows }) => (
  <div class="table" role="region" aria-label={name} tabindex={0}>
    <table>
      <thead>
        <tr>
          {head.map((one) => (
            <th scope="col">{one}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([first, ...others]) => (
          <tr>
            <th scope="row">{first}</th>
            {others.map((one) => (
              <td>{one}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

/** A section of its own. Where all of it is nothing it says so, and draws no empty axes; what has a row has its numbers, also where its bar has no length. */
export const Plot: FC<PlotProps> = ({ title, id, about, plotted, days, head, rows }) => {
  const most = largest(plotted);
  const name = texts.overview.asTable(title);
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {about === undefined ? null : <p class="quiet">{about}</p>}
      {plotted.length === 0 || (days !== undefined && most === 0) ? (
        <p class="nothing">{texts.overview.noneInPeriod}</p>
      ) : (
        <>
          <figure class="plot" aria-labelledby={id}>
            {plotted.map(({ label, values, total }) => (
              <div class="series">
                <span class="label">{label}</span>
                <span class="total">{total}</span>
                {days === undefined ? <Bar value={values[0] ?? null} most={most} /> : <Columns values={values} most={most} />}
              </div>
            ))}
            {days === undefined ? null : (
              <figcaption>
                <span>{dateText(days[0])}</span>
                <span>{dateText(days[1])}</span>
              </figcaption>
            )}
          </figure>
          <details class="numbers">
            <summary>{name}</summary>
            <Table name={name} head={head} rows={rows} />
          </details>
        </>
      )}
    </section>
  );
};
