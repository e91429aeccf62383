/** What of an agent is refused without asking, for a time, because somebody has denied the like of it (docs/formats.md, `pattern.denied`). */
import { nullable, text } from "../json/shape.ts";
import { hash, patternId, time } from "./words.ts";

/**
 * Members of its record. A tool of a server as they are named, or where no tool is named what an ask is called (`action`); with arguments of
 * this hash or, if that is null, with any.
 */
export const patternMembers = {
  pattern: patternId,
  server: nullable(text(1)),
  tool: nullable(text(1)),
  action: nullable(text(1, 200)),
  arguments_hash: nullable(hash),
  until: time,
};
