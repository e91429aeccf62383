/** What an MCP tool's annotations mean, in words. They are the server's own, accepted by admins; what they do not say counts as the worse. */
import { isObject } from "#countersign/json/shape.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";

/** As the end of "The server says that it …". */
export interface HintWords {
  hints: string;
  isGrave: boolean;
}

const listed = (words: readonly string[]): string =>
  [words.slice(0, -1).join(", "), ...words.slice(-1)].filter((one) => one !== "").join(" and ");

/** The words for the annotations of a definition, by MCP's defaults: what does not only read may destroy, unless it says otherwise. */
export function hintWords({ annotations }: JsonObject): HintWords {
  const given = isObject(annotations) ? annotations : {};
  const reach = given["openWorldHint"] === true ? ["reaches beyond itself"] : [];
  if (given["readOnlyHint"] === true) return { hints: ["reads only", ...reach].join(" and "), isGrave: false };
  const isGrave = given["destructiveHint"] !== false;
  const again = given["idempotentHint"] === true ? ["is the same done twice as done once"] : [];
  const harm = isGrave ? "may destroy" : "adds or changes and destroys nothing";
  const isSaid = typeof given["destructiveHint"] === "boolean" || given["readOnlyHint"] === false;
  return { hints: listed([isSaid ? harm : "may do anything, since it does not say", ...again, ...reach]), isGrave };
}
