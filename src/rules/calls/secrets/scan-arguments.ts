/** Looks for secrets in the arguments of a call before it goes anywhere. Says where and what kind of thing, never what it is. */
import { type JsonObject, type JsonValue, placeBelow } from "#countersign/json/canonical-json.ts";
import type { Work } from "../masking/json-text.ts";
import { detect } from "./detect.ts";
import { type Detected, SECRETS } from "./detectors.ts";
import { isNamedSecret } from "./named-values.ts";

export interface SecretFound {
  /** A path from `$`. */
  place: string;
  /** Such as `github_token`, `card_number`, `named_secret`. */
  what: string;
}

/** As many as anybody reads. */
const MOST_FOUND = 50;

/** What says less than another that it lies with: that something random or named so is there. */
const GENERAL: ReadonlySet<string> = new Set(["named_secret", "authorization", "high_entropy"]);

function mostTelling(found: readonly Detected[]): Detected[] {
  const special = found.filter(({ what }) => !GENERAL.has(what));
  return found.filter((one) => !GENERAL.has(one.what) || !special.some(({ start, end }) => start < one.end && one.start < end));
}

/** Every secret in arguments that `parseJson` accepted, names of members included, in their order. */
export function scanArguments(args: JsonObject, work: Work = { steps: 0 }): SecretFound[] {
  const found = new Map<string, SecretFound>();
  const note = (place: string, what: string): void => {
    if (found.size < MOST_FOUND) found.set(`${place} ${what}`, { place, what });
  };
  const read = (value: JsonValue, place: string, name: string): void => {
    if (typeof value === "string" || typeof value === "number") {
      const text = String(value);
      const secrets = mostTelling(detect(text, SECRETS, work));
      for (const { what } of secrets) note(place, what);
      if (secrets.length === 0 && typeof value === "string" && isNamedSecret(name, value)) note(place, "named_secret");
    } else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) read(item, placeBelow(place, index), name);
    } else if (typeof value === "object" && value !== null) {
      for (const [member, one] of Object.entries<JsonValue>(value)) {
        const inName = mostTelling(detect(member, SECRETS, work));
        for (const { what } of inName) note(place, what);
        read(one, inName.length === 0 ? placeBelow(place, member) : `${place}.*`, member);
      }
    }
  };
  read(args, "$", "");
  return [...found.values()];
}
