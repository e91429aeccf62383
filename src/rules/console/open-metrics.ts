/** The text format of OpenMetrics 1.0.0 (the specification's section "Text format"), of what is made of whole families at once. Pure. */

export type Labels = Readonly<Record<string, string>>;

/** A name without suffix; samples get the suffix that their type asks for. */
export type Family = { name: string; help: string; unit?: "seconds" } & (
  | { type: "counter" | "gauge" | "info"; samples: readonly { labels?: Labels; value: number }[] }
  | { type: "histogram"; buckets: readonly { le: number; upTo: number }[]; sum: number; count: number }
);

export const OPEN_METRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

const SUFFIX = { counter: "_total", gauge: "", info: "_info" } as const;

const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');

const labelled = (labels: Labels): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
};

/** As the specification wants bounds of buckets: a float, also where it is whole. */
const boundText = (bound: number): string => (bound === Number.POSITIVE_INFINITY ? "+Inf" : bound.toFixed(Number.isInteger(bound) ? 1 : 3));

function samplesOf(family: Family): string[] {
  const { name } = family;
  if (family.type !== "histogram")
    return family.samples.map(({ labels = {}, value }) => `${name}${SUFFIX[family.type]}${labelled(labels)} ${value}`);
  return [
    ...family.buckets.map(({ le, upTo }) => `${name}_bucket{le="${boundText(le)}"} ${upTo}`),
    `${name}_count ${family.count}`,
    `${name}_sum ${family.sum}`,
  ];
}

/** The whole exposition; a family without samples is left out. */
export function openMetricsText(families: readonly Family[]): string {
  const told = families.map((family) => ({ family, samples: samplesOf(family) })).filter(({ samples }) => samples.length > 0);
  const lines = told.flatMap(({ family: { name, type, unit, help }, samples }) => [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${escaped(help)}`,
    ...samples,
  ]);
  return [...lines, "# EOF", ""].join("\n");
}
