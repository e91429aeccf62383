/** A grant in words: what it lets pass, and of what passed by it who gave it. */
import type { Grant } from "../../documents/grant.ts";
import { boundInWords } from "../../grants/match-grant.ts";
import { canonicalize } from "../../json/canonical-json.ts";
import type { PassedByGrant } from "../../verifier.ts";
import { visible } from "../visible.ts";

/** The arguments that it is for, a line each, and where they are. */
function termLines({ rule, agent, server, tool, fixed, free }: Grant): string[] {
  const members = [
    ...fixed.map(({ pointer, value }) => [pointer, canonicalize(value)] as const),
    ...free.map(({ pointer, bound }) => [pointer, boundInWords(bound)] as const),
  ].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const place = `the tool ${visible(tool)}${server === null ? "" : ` of ${visible(server)}`}, for ${agent}, under the rule ${visible(rule)}`;
  return [place, ...members.map(([pointer, what]) => visible(`${pointer}: ${what}`))];
}

const times = (count: number): string => (count === 1 ? "once" : `${count} times`);

/** What people let pass from then on. */
export const givenLines = (grant: Grant): string[] => [
  `${grant.id}, lets more pass ${times(grant.uses)}, until ${grant.until}:`,
  ...termLines(grant),
];

/** By which grant something passed. Who gave it is told after that, decision by decision. */
export function passedLines({ grant, use, usedAt, argumentsAreCompared, given }: PassedByGrant): string[] {
  const uncompared = "Not compared with the payload, which is not in this receipt; --payload compares it.";
  return [
    `${grant.id}, use ${use} of ${grant.uses} until ${grant.until}, used at ${usedAt}:`,
    ...termLines(grant),
    ...(argumentsAreCompared ? [] : [uncompared]),
    `given with ${given.request.id} at ${given.endedAt}: ${visible(given.request.action)}`,
  ];
}
