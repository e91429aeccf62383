/** What a page's script works on, as text of a script element that is no script. */
import { canonicalize, type Hashable } from "#countersign/json/canonical-json.ts";

/** The canonical JSON of `data`, a JSON object, with `<` escaped, so that nothing in it can end the block. */
export const dataBlockText = (data: object): string => canonicalize(data as Hashable).replaceAll("<", "\\u003c");
