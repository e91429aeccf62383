/**
 * What a server says that is such a gate itself. Its members of `_meta` are not this gate's word: they go on under names of their own, and
 * whom it wants asked is told in words, with no trust in it. Every other byte stays as it is. Pure.
 */
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import { walkJsonText } from "../masking/json-text.ts";

/** Of members of `_meta` that a gate says. */
export const GATE_META = "dev.countersign/";
/** Of the same, said by a server. */
const OF_UPSTREAM = `${GATE_META}upstream.`;
/** In results of a server: that it is a gate, and waits for people. */
export const UPSTREAM_PENDING_META = `${OF_UPSTREAM}pending`;

const MOST_ADDRESS = 2_000;

const metaIn = (result: JsonValue | undefined): JsonObject => {
  const meta = isObject(result) ? result["_meta"] : undefined;
  return isObject(meta) ? meta : {};
};

/** Whether a result has members that only a gate says. */
export const speaksAsGate = (result: JsonValue | undefined): boolean =>
  Object.keys(metaIn(result)).some((name) => name.startsWith(GATE_META));

/** Whether it says, under the names that it goes on with, that it waits for people. */
export const waitsAtUpstream = (result: JsonValue | undefined): boolean => isObject(metaIn(result)[UPSTREAM_PENDING_META]);

/** Where it wants people asked, if that is an address that people can be shown. */
function linkIn(result: JsonValue): string | null {
  const pending = metaIn(result)[`${GATE_META}pending`];
  const given = isObject(pending) ? pending["approval_url"] : undefined;
  if (typeof given !== "string" || given.length > MOST_ADDRESS || !URL.canParse(given)) return null;
  const { protocol, username, password, hostname, href } = new URL(given);
  const isSafe = protocol === "https:" || (protocol === "http:" && (hostname === "localhost" || hostname === "127.0.0.1"));
  return isSafe && username === "" && password === "" ? href : null;
}

const told = (server: string, link: string): string =>
  `The server ${server} says that it is a gate as well, and that a person has to approve this there first: ${link} ` +
  "This is the server's word, which nobody here has checked. Nothing has happened yet. " +
  "Show the address to a person who knows that server, and make the same call again once they have approved; resume_call is only for what waits here.";

type Part = "outer" | "message" | "result" | "meta";

/** What is in the place of what: pieces of a text, in their order. */
interface Piece {
  start: number;
  end: number;
  text: string;
}

/** Names in `_meta`, and the beginnings of `content`. */
function placesIn(text: string, root: "message" | "result"): { names: Piece[]; contents: number[] } {
  const [names, contents]: [Piece[], number[]] = [[], []];
  walkJsonText<Part>(
    text,
    "outer",
    "",
    {
      begin(parent, step, first, start) {
        if (parent === "outer") return root;
        if (parent === "message" && step === "result") return "result";
        if (parent !== "result") return null;
        if (step === "content" && first === "[") contents.push(start + 1);
        return step === "_meta" ? "meta" : null;
      },
      scalar() {},
      untold() {},
      name(part, name, start, end) {
        if (part === "meta" && name.startsWith(GATE_META))
          names.push({ start, end, text: JSON.stringify(`${OF_UPSTREAM}${name.slice(GATE_META.length)}`) });
        return name;
      },
    },
    { steps: 0 },
  );
  return { names, contents };
}

/** `text` is a message (`root`), or its result alone; of `server`, by whose name people know it. */
export function fromOtherGate(text: string, root: "message" | "result", server: string): string {
  const parsed = JSON.parse(text) as JsonObject;
  const result = root === "message" ? parsed["result"] : parsed;
  if (result === undefined || !speaksAsGate(result)) return text;
  const link = linkIn(result);
  const { names, contents } = placesIn(text, root);
  const isEmpty = isObject(result) && Array.isArray(result["content"]) && result["content"].length === 0;
  const block = link === null ? null : JSON.stringify({ type: "text", text: told(server, link) });
  const added = block === null ? [] : contents.map((start) => ({ start, end: start, text: `${block}${isEmpty ? "" : ","}` }));
  return [...names, ...added]
    .toSorted((one, other) => other.start - one.start)
    .reduce((rest, { start, end, text: instead }) => `${rest.slice(0, start)}${instead}${rest.slice(end)}`, text);
}
