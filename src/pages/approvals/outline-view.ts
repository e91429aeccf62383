/** What a large payload holds and where, before all of it: its members with their kind and size, each a link to its place. Pure. */
import { utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize, type JsonObject, type JsonValue } from "#countersign/json/canonical-json.ts";
import { textView } from "#pages/kit/text-view.ts";
import { linesOf } from "#pages/kit/value/measure.ts";
import { shortened } from "#pages/kit/value/parts.ts";
import { element, styled, type ViewElement } from "#pages/kit/view.ts";
import { languageTexts as language } from "#texts/kit/language.ts";
import { requestTexts as texts } from "#texts/browser/approvals/request.ts";

/** About two screens. */
const FITS_LINES = 40;
/** What takes more is listed. */
const LARGE_LINES = 4;
/** Members that are listed; of more, the largest. */
const MOST_LISTED = 12;

const bytesOf = (value: JsonValue): number => utf8(canonicalize(value)).length;

const written = (count: number): string => language.number(count);

const sizeText = (bytes: number): string =>
  bytes < 1_000 ? texts.outline.bytes(bytes, written(bytes)) : texts.outline.kilobytes((bytes / 1_000).toFixed(1));

function kindText(value: JsonValue): string {
  if (Array.isArray(value)) return texts.outline.items(value.length, written(value.length));
  if (typeof value === "object" && value !== null) {
    const { length } = Object.keys(value);
    return texts.outline.members(length, written(length));
  }
  const { length } = String(value).split("\n");
  return texts.outline.lines(length, written(length));
}

/** Null if the payload fits on about two screens. `ids` are those of the parts in which its members begin. */
export function outlineView(payload: JsonObject, ids: ReadonlyMap<string, string>): ViewElement | null {
  if (linesOf(payload, "", FITS_LINES) <= FITS_LINES) return null;
  const members = Object.keys(payload)
    .toSorted()
    .map((name) => ({ name, value: payload[name] as JsonValue, bytes: bytesOf(payload[name] as JsonValue) }));
  const large = members
    .filter(({ name, value }) => linesOf(value, name, LARGE_LINES) > LARGE_LINES)
    .toSorted((a, b) => b.bytes - a.bytes)
    .slice(0, MOST_LISTED);
  const lines = members
    .filter((member) => large.includes(member))
    .map(({ name, value, bytes }) =>
      element(
        "li",
        {},
        element("a", { href: `#${ids.get(name) ?? "payload"}` }, name === "" ? texts.outline.emptyName : textView(shortened(name))),
        styled("span", "quiet", `, ${kindText(value)}, ${sizeText(bytes)}`),
      ),
    );
  const others = lines.length === 0 ? "" : lines.length < members.length ? texts.outline.theLargest : ":";
  return element(
    "section",
    { class: "outline", "aria-label": texts.outline.title },
    element("p", {}, texts.outline.all(members.length, written(members.length), sizeText(bytesOf(payload))) + others),
    lines.length === 0 ? null : element("ul", {}, ...lines),
  );
}
