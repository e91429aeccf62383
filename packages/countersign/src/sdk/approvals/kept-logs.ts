/** What is remembered of logs, as text: one form, wherever it is kept. */
import { parseJson } from "../../json/canonical-json.ts";
import { fit, list, object, oneOf, text } from "../../json/shape.ts";
import { accept, refuse, type Result } from "../../result.ts";
import type { RememberedLogs } from "../log-memory.ts";

const TYPE = "countersign/logs@v1";
const logsShape = object({
  type: oneOf(TYPE),
  logs: list(object({ log: text(1), urls: list(text(1)), vkeys: list(text(1), 1), checkpoint: text(1) })),
});

export const formatLogs = (logs: RememberedLogs): string => `${JSON.stringify({ type: TYPE, logs }, null, 2)}\n`;

/** Null is a text that is not UTF-8. */
export function parseLogs(content: string | null): Result<RememberedLogs, string> {
  const json = content === null ? refuse({ message: "it is not UTF-8" }) : parseJson(content);
  if (!json.ok) return refuse(json.refusal.message);
  const read = fit(logsShape, json.value);
  if (!read.ok) return read;
  const { logs } = read.value;
  const isEachOnce = (all: string[]): boolean => new Set(all).size === all.length;
  if (!isEachOnce(logs.map(({ log }) => log)) || !isEachOnce(logs.flatMap(({ urls }) => urls))) return refuse("it holds something twice");
  return accept(logs);
}
