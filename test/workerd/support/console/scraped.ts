/** Metrics as a scraper gets them, and a reader of OpenMetrics 1.0.0 that takes only what its grammar allows. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { app } from "#composition/app.ts";
import type { Bindings } from "#config/bindings.ts";
import { ORIGIN } from "#test/workerd/support/people.ts";

export const METRICS_TOKEN = "metrics-token-of-the-tests-0123456789";

/** `GET /api/v1/metrics` of a deployment with a token, or as `bindings` say. */
export const scrape = (token: string | null = METRICS_TOKEN, bindings: Partial<Bindings> = {}): Promise<Response> => {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const request = new Request(new URL("/api/v1/metrics", ORIGIN), { headers });
  return Promise.resolve(app.fetch(request, { ...env, METRICS_TOKEN, ...bindings }, createExecutionContext()));
};

export interface ReadFamily {
  type: string;
  unit: string | null;
  samples: { name: string; labels: Record<string, string>; value: number }[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const VALUE = String.raw`(?:[+-]?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|\+Inf|-Inf|NaN)`;
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"`;
const SAMPLE = new RegExp(String.raw`^(${NAME})(?:\{(${LABEL}(?:,${LABEL})*)?\})? (${VALUE})$`, "u");
const METADATA = new RegExp(String.raw`^# (TYPE|UNIT|HELP) (${NAME}) (.*)$`, "u");
const SUFFIXES: Record<string, readonly string[]> = {
  counter: ["_total", "_created"],
  gauge: [""],
  info: ["_info"],
  histogram: ["_bucket", "_count", "_sum", "_created"],
};

function labelsIn(text: string | undefined): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name = "", value = ""] of (text ?? "").matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g)) {
    if (name in labels) throw new Error(`the label ${name} twice`);
    labels[name] = value.replaceAll(/\\(.)/g, (_, one: string) => (one === "n" ? "\n" : one));
  }
  return labels;
}

/** Throws for a text that is no exposition: what it demands is that of the specification's grammar and of its rules for each type. */
export function readOpenMetrics(text: string): Map<string, ReadFamily> {
  if (!text.endsWith("\n# EOF\n")) throw new Error("it does not end with # EOF and a line feed");
  if (text.includes("\r") || text.includes("\n\n")) throw new Error("a carriage return, or an empty line");
  const families = new Map<string, ReadFamily>();
  const seen = new Set<string>();
  let current = "";
  for (const line of text.slice(0, -"# EOF\n".length).trimEnd().split("\n")) {
    const [, kind, name = "", rest = ""] = METADATA.exec(line) ?? [];
    if (kind !== undefined) {
      if (name !== current && families.has(name)) throw new Error(`families are interleaved: ${line}`);
      current = name;
      const family = families.get(name) ?? { type: "unknown", unit: null, samples: [] };
      if (family.samples.length > 0) throw new Error(`metadata after samples: ${line}`);
      if (kind === "TYPE") family.type = rest;
      if (kind === "UNIT") {
        if (!name.endsWith(`_${rest}`)) throw new Error(`a unit that the name does not end with: ${line}`);
        family.unit = rest;
      }
      families.set(name, family);
      continue;
    }
    const [, sampleName = "", labelText, value] = SAMPLE.exec(line) ?? [];
    if (value === undefined) throw new Error(`no line of OpenMetrics: ${line}`);
    const family = families.get(current);
    const suffix = sampleName.slice(current.length);
    if (family === undefined || !sampleName.startsWith(current) || SUFFIXES[family.type]?.includes(suffix) !== true)
      throw new Error(`a sample of no family, or with a suffix that its type has not: ${line}`);
    const labels = labelsIn(labelText);
    const key = `${sampleName} ${JSON.stringify(Object.entries(labels).toSorted())}`;
    if (seen.has(key)) throw new Error(`the same sample twice: ${line}`);
    seen.add(key);
    const number = Number(value.replace("Inf", "Infinity"));
    if (family.type === "counter" && !(number >= 0)) throw new Error(`a counter below zero: ${line}`);
    if (family.type === "info" && number !== 1) throw new Error(`an info that is not 1: ${line}`);
    family.samples.push({ name: suffix, labels, value: number });
  }
  for (const [name, family] of families) if (family.type === "histogram") checkHistogram(name, family);
  return families;
}

function checkHistogram(name: string, { samples }: ReadFamily): void {
  const buckets = samples.filter((one) => one.name === "_bucket");
  const bounds = buckets.map(({ labels }) => Number((labels["le"] ?? "").replace("Inf", "Infinity")));
  if (bounds.at(-1) !== Number.POSITIVE_INFINITY) throw new Error(`${name} has no last bucket`);
  for (const [n, bound] of bounds.entries()) {
    if (n > 0 && !(bound > (bounds[n - 1] ?? 0))) throw new Error(`${name} has buckets out of order`);
    if (n > 0 && (buckets[n]?.value ?? 0) < (buckets[n - 1]?.value ?? 0)) throw new Error(`${name} has buckets that do not add up`);
  }
  if (buckets.some(({ labels }) => !/^(?:[0-9]+\.[0-9]+|\+Inf)$/.test(labels["le"] ?? "")))
    throw new Error(`${name} has bounds that are no floats`);
  if (samples.find((one) => one.name === "_count")?.value !== buckets.at(-1)?.value) throw new Error(`${name} counts otherwise`);
}

/** A scrape that is answered, as read. */
export async function scraped(bindings: Partial<Bindings> = {}): Promise<Map<string, ReadFamily>> {
  const answer = await scrape(METRICS_TOKEN, bindings);
  expect(answer.status).toBe(200);
  return readOpenMetrics(await answer.text());
}
