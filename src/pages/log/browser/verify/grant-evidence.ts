/** A grant: what it lets pass, as rows, and in sentences who gave it and how often it was used. */
import type { Grant } from "#countersign/documents/grant.ts";
import { boundInWords } from "#countersign/grants/match-grant.ts";
import type { PassedByGrant, Receipt } from "#countersign/verifier.ts";
import { exactTimeView, term } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { objectView } from "#pages/kit/value-view.ts";
import { styled, type ViewElement } from "#pages/kit/view.ts";
import { evidenceTexts as texts } from "#texts/browser/log/evidence.ts";
import { sentence } from "./check-view.ts";
import { codeView, group } from "./rows.ts";

/** The leaf that says which use of which grant let it pass, if the receipt holds one. */
export const usedLeafOf = (receipt: Receipt) => ("grant" in receipt && receipt.grant !== null ? receipt.grant.used : null);

/** What a statement gives. */
export const grantGroup = ({ id, rule, agent, server, tool, schema_hash, fixed, free, uses, until }: Grant): ViewElement =>
  group(
    texts.grants.grant,
    term(texts.grants.grant, codeView(id)),
    term(texts.grants.rule, textView(rule)),
    term(texts.grants.agent, codeView(agent)),
    term(texts.grants.server, server === null ? texts.grants.none : codeView(server)),
    term(texts.grants.tool, codeView(tool)),
    term(texts.grants.toolsPin, schema_hash === null ? texts.grants.none : codeView(schema_hash)),
    group(
      texts.grants.fixed,
      styled("div", "payload", objectView(Object.fromEntries(fixed.map(({ pointer, value }) => [pointer, value])))),
    ),
    group(texts.grants.free, ...free.map(({ pointer, bound }) => term(pointer, textView(boundInWords(bound))))),
    term(texts.grants.uses, String(uses)),
    term(texts.grants.until, exactTimeView(until)),
  );

/** Which use of which grant it was. */
export function useGroups(receipt: Receipt): ViewElement[] {
  const used = usedLeafOf(receipt);
  if (used === null) return [];
  const { grant, use, request_hash: request } = used.record;
  return [
    group(
      texts.grants.useOfGrant,
      term(texts.grants.grant, codeView(grant)),
      term(texts.grants.use, String(use)),
      term(texts.grants.request, codeView(request)),
    ),
  ];
}

/** By which grant it passed, and who had given that. */
export function passedSentences({ grant, use, argumentsAreCompared, given }: PassedByGrant): ViewElement[] {
  const givers = given.decisions.filter(({ verdict }) => verdict === "approved").map(({ person }) => person.username);
  const names = [...new Set(givers)].join(texts.grants.and);
  return [
    sentence(
      ...texts.grants.passedBy(
        codeView(grant.id),
        use,
        grant.uses,
        timeText(grant.until),
        textView(names),
        textView(given.request.action),
        timeText(given.endedAt),
      ),
    ),
    argumentsAreCompared ? sentence(texts.grants.covered) : sentence(texts.grants.notCompared),
  ];
}

/** What else an approval lets pass. */
export const givenSentences = (grant: Grant): ViewElement[] => [
  sentence(...texts.grants.given(codeView(grant.id), grant.uses, timeText(grant.until))),
];
