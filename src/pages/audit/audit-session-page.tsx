/** `/audit/sessions/<id>`: what was called in a session, step by step, with how it was judged, who was asked, and what came of it. */
import type { FC } from "hono/jsx";
import type { AuditEntry } from "#api/audit/audit-data.ts";
import type { CallStep } from "#api/calls/call-data.ts";
import { Layout, type PagePerson } from "#pages/kit/layout.tsx";
import { exactTimeView, term, termList, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { Text, toJsx } from "#pages/kit/view-jsx.ts";
import { auditTexts as texts } from "#texts/audit.ts";
import { kindText } from "./entry-words.ts";

/** A step, and what the log says of the request that people were asked by. */
export interface SessionStep {
  step: CallStep;
  asked: readonly AuditEntry[];
  /** Whether that request's page is this person's to open. */
  mayOpen: boolean;
}

interface AuditSessionPageProps {
  person: PagePerson;
  session: string;
  /** Null where the deployment has no record of calls. */
  steps: readonly SessionStep[] | null;
  /** How many steps come before these. */
  before: number;
  next: string | null;
}

const { terms } = texts.session;

const kept = (content: { text: string; cut: boolean } | null | undefined, bytes: number): View[] => {
  if (content == null) return [texts.session.notKept(bytes)];
  const shown = styled("div", "kept", textView(content.text));
  return content.cut ? [shown, styled("p", "quiet", texts.session.cut)] : [shown];
};

function askedView({ step: { request }, asked, mayOpen }: SessionStep): View[] {
  if (request === null) return [texts.session.nobodyAsked];
  const name = mayOpen ? element("a", { href: `/a/${request.id}` }, texts.session.asked) : texts.session.asked;
  const said = asked.map((entry) =>
    element(
      "li",
      {},
      element("a", { href: `/audit/${entry.id}` }, kindText(entry.kind)),
      ...entry.people.flatMap(({ username }) => [", ", textView(username)]),
      ", ",
      timeView(entry.at),
    ),
  );
  return [name, element("ul", {}, ...said)];
}

function factsOf(one: SessionStep): ViewElement[] {
  const { call, judgement, result } = one.step;
  const { status, masked, ms } = result;
  return [
    term(terms.time, exactTimeView(call.at)),
    term(terms.agent, textView(call.agent.name)),
    term(terms.arguments, ...kept(call.arguments, call.arguments_bytes)),
    term(
      terms.judgement,
      ...texts.session.judged<View>(textView(status), textView(judgement.rule), judgement.policy),
      ...(judgement.code === null ? [] : texts.session.code<View>(textView(judgement.code))),
    ),
    term(terms.people, ...askedView(one)),
    term(terms.result, ...kept(result.result, result.result_bytes)),
    ...(masked.length === 0
      ? []
      : [
          term(
            terms.masked,
            element(
              "ul",
              {},
              ...masked.map(({ place, by, times }) => element("li", {}, ...texts.session.maskedTimes<View>(textView(place), by, times))),
            ),
          ),
        ]),
    ...(ms === null ? [] : [term(terms.took, texts.session.ms(ms))]),
  ];
}

const Step: FC<{ one: SessionStep; n: number }> = ({ one, n }) => {
  const { server, tool } = one.step.call;
  return (
    <li id={`step-${n}`} data-step={String(n)} tabindex={-1} aria-labelledby={`step-${n}-title`}>
      <h2 id={`step-${n}-title`}>
        {texts.session.step(n)}: <Text value={`${server.name}.${tool}`} />
      </h2>
      {toJsx(termList(...factsOf(one)))}
    </li>
  );
};

const Steps: FC<{ steps: readonly SessionStep[]; session: string; before: number; next: string | null }> = ({
  steps,
  session,
  before,
  next,
}) => {
  const path = `/audit/sessions/${encodeURIComponent(session)}`;
  return (
    <>
      <div class="ways" id="walk" hidden>
        <button type="button" id="previous">
          {texts.session.previous}
        </button>
        <button type="button" id="next">
          {texts.session.next}
        </button>
        <p id="at" role="status"></p>
        <p class="hint">{texts.session.keys}</p>
      </div>
      <ol class="steps" id="steps" aria-label={texts.session.steps}>
        {steps.map((one, at) => (
          <Step one={one} n={before + at + 1} />
        ))}
      </ol>
      {before > 0 || next !== null ? (
        <nav class="ways" aria-label={texts.session.ways}>
          {before > 0 ? <a href={path}>{texts.session.first}</a> : null}
          {next === null ? null : <a href={`${path}?from=${next}&before=${before + steps.length}`}>{texts.session.later}</a>}
        </nav>
      ) : null}
    </>
  );
};

export const AuditSessionPage: FC<AuditSessionPageProps> = ({ person, session, steps, before, next }) => {
  const hasSteps = steps !== null && steps.length > 0;
  return (
    <Layout
      title={texts.session.title}
      sheets={["desk"]}
      script={hasSteps ? "audit-session.js" : "signed-in.js"}
      person={person}
      here="/audit"
    >
      <main class="record" id="session">
        <p>
          <a href="/audit">{texts.title}</a>
        </p>
        <h1>
          {texts.session.title} <Text value={session} />
        </h1>
        {steps === null ? <p class="nothing">{texts.unavailable}</p> : <p>{texts.session.about}</p>}
        {steps?.length === 0 ? <p class="nothing">{texts.session.none}</p> : null}
        {hasSteps ? <Steps steps={steps} session={session} before={before} next={next} /> : null}
      </main>
    </Layout>
  );
};
