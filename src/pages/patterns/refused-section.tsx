/** What of agents is refused without asking, for pages that list agents. */
import type { FC } from "hono/jsx";
import type { PatternItem } from "#api/patterns/pattern-data.ts";
import type { PagePerson } from "#pages/kit/layout.tsx";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { patternsTexts as texts } from "#texts/approvals/patterns.ts";
import { mayLift, patternRow } from "./pattern-view.ts";

interface RefusedSectionProps {
  person: PagePerson;
  patterns: readonly PatternItem[];
  /** For whoever may change nothing here. */
  onlyRead?: boolean;
}

export const RefusedSection: FC<RefusedSectionProps> = ({ person, patterns, onlyRead = false }) => (
  <section id="patterns" aria-labelledby="patterns-title">
    <h2 id="patterns-title">{texts.refused.title}</h2>
    {patterns.length === 0 ? (
      <p class="nothing">{texts.refused.nothing}</p>
    ) : (
      <ul class="rows wide">{patterns.map((pattern) => toJsx(patternRow(pattern, !onlyRead && mayLift(pattern, person))))}</ul>
    )}
  </section>
);
