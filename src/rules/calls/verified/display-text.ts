/** What somebody reads who is asked for a passkey at an agent's client: one line, in which nothing hides (SEP-2672, `displayText`). */
import { displaySegments } from "#countersign/text/display-text.ts";
import { visibleSegment } from "#countersign/text/visible-segment.ts";

/** `args`: canonical JSON. Nothing of it is cut short. */
export const challengeText = (server: string, tool: string, args: string): string =>
  displaySegments(`Call ${tool} of the server ${server} with the arguments ${args}`).map(visibleSegment).join("");
