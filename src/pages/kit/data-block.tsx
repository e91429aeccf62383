/** What a page's script works on, as text of a script element that is no script. */
import type { FC } from "hono/jsx";
import { canonicalize, type Hashable } from "#countersign/json/canonical-json.ts";

/** The canonical JSON of `data`, a JSON object, with `<` escaped, so that nothing in it can end the block. */
export const dataBlockText = (data: object): string => canonicalize(data as Hashable).replaceAll("<", "\\u003c");

/** The element that holds `data`; kit/browser/data-block.ts reads it. */
export const DataBlock: FC<{ id: string; data: object }> = ({ id, data }) => (
  <script type="application/json" id={id} dangerouslySetInnerHTML={{ __html: dataBlockText(data) }}></script>
);
