/** JSON pointers (RFC 6901) to the members that a grant speaks of: those of the arguments themselves, whatever is in them. */
import type { JsonObject, JsonValue } from "../json/canonical-json.ts";

/** The pointer to a member of that name. There is one spelling, so that no member has two. */
const pointerTo = (name: string): string => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;

/** Every member of the arguments by its pointer. */
export const membersByPointer = (args: JsonObject): Map<string, JsonValue> =>
  new Map(Object.entries(args).map(([name, value]) => [pointerTo(name), value]));
