/** Numbers, and how they are shown: medians and 99th percentiles, in tables that can go into docs/performance.md as they are. */
/** The smallest value that at least this share of all is not above (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new Error("nothing was measured");
  return value;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** There and back again: what drifts during the run meets all of them alike. */
export const palindrome = <Item>(items: readonly Item[]): Item[] => [...items, ...items.toReversed()];

/** With two decimal places below ten, one below a hundred, none above. */
export function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Prints rows as a Markdown table, in columns of the first row's names. */
export function printTable(title: string, rows: readonly Record<string, string | number>[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => columns.map((column) => String(row[column] ?? "")));
  const widths = columns.map((column, i) => Math.max(column.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  console.log(`\n${title}\n`);
  console.log([line(columns), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join("\n"));
}
