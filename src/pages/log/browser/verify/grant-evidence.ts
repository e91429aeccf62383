/** A grant: what it lets pass, as rows, and in sentences who gave it and how often it was used. */
import type { Grant } from "#countersign/documents/grant.ts";
import { boundInWords } from "#countersign/grants/match-grant.ts";
import type { PassedByGrant, Receipt } from "#countersign/verifier.ts";
import { exactTimeView, term } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { objectView } from "#pages/kit/value-view.ts";
import { styled, type ViewElement } from "#pages/kit/view.ts";
import { sentence } from "./check-view.ts";
import { codeView, group } from "./rows.ts";

/** The leaf that says which use of which grant let it pass, if the receipt holds one. */
export const usedLeafOf = (receipt: Receipt) => ("grant" in receipt && receipt.grant !== null ? receipt.grant.used : null);

/** What a statement gives. */
export const grantGroup = ({ id, rule, agent, server, tool, schema_hash, fixed, free, uses, until }: Grant): ViewElement =>
  group(
    "Grant",
    term("Grant", codeView(id)),
    term("Rule", textView(rule)),
    term("Agent", codeView(agent)),
    term("Server", server === null ? "none" : codeView(server)),
    term("Tool", codeView(tool)),
    term("Tool’s pin", schema_hash === null ? "none" : codeView(schema_hash)),
    group("Fixed", styled("div", "payload", objectView(Object.fromEntries(fixed.map(({ pointer, value }) => [pointer, value]))))),
    group("Free", ...free.map(({ pointer, bound }) => term(pointer, textView(boundInWords(bound))))),
    term("Uses", String(uses)),
    term("Until", exactTimeView(until)),
  );

/** Which use of which grant it was. */
export function useGroups(receipt: Receipt): ViewElement[] {
  const used = usedLeafOf(receipt);
  if (used === null) return [];
  const { grant, use, request_hash: request } = used.record;
  return [group("Use of a grant", term("Grant", codeView(grant)), term("Use", String(use)), term("Request", codeView(request)))];
}

/** By which grant it passed, and who had given that. */
export function passedSentences({ grant, use, argumentsAreCompared, given }: PassedByGrant): ViewElement[] {
  const givers = given.decisions.filter(({ verdict }) => verdict === "approved").map(({ person }) => person.username);
  const names = [...new Set(givers)].join(" and ");
  return [
    sentence(
      "It passed by the grant ",
      codeView(grant.id),
      `, use ${use} of ${grant.uses}, which ends on ${timeText(grant.until)}. `,
      textView(names),
      " had given it with the approval of “",
      textView(given.request.action),
      `”, on ${timeText(given.endedAt)}.`,
    ),
    argumentsAreCompared
      ? sentence("The payload is one that the grant covers.")
      : sentence("Whether the grant covers the payload was not checked: the payload is not in this receipt."),
  ];
}

/** What else an approval lets pass. */
export const givenSentences = (grant: Grant): ViewElement[] => [
  sentence(
    "With it they let more pass without asking, by the grant ",
    codeView(grant.id),
    `: ${grant.uses === 1 ? "once" : `${grant.uses} times`}, until ${timeText(grant.until)}.`,
  ),
];
