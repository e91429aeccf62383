/** `/admin`: what waits now, and what was asked, decided and called in the last days. Nothing on it changes anything. */
import type { FC } from "hono/jsx";
import { SUMMARY_DAYS, type SummaryData } from "#api/console/summary-data.ts";
import { Layout, type PagePerson } from "#pages/kit/layout.tsx";
import { timeView } from "#pages/kit/row-view.ts";
import { dateText } from "#pages/kit/time-text.ts";
import { Text, toJsx } from "#pages/kit/view-jsx.ts";
import { consoleTexts as texts } from "#texts/console.ts";
import { durationText } from "./duration.ts";
import { Plot } from "./plot.tsx";

interface OverviewPageProps {
  person: PagePerson;
  /** One of those that may be asked for. */
  days: string;
  summary: SummaryData;
}

const ENDS = ["approved", "auto_approved", "denied", "expired", "cancelled"] as const;
const END_HEAD = ENDS.map((end) => texts.ends[end]);
type EndCounts = Record<(typeof ENDS)[number], number>;

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
const number = (n: number): string => texts.number(n);
const cells = (counts: EndCounts): string[] => ENDS.map((end) => number(counts[end]));

const Period: FC<{ days: string }> = ({ days }) => (
  <ul class="period" aria-label={texts.overview.period}>
    {SUMMARY_DAYS.map((one) => (
      <li>
        <a href={`/admin?days=${one}`} aria-current={one === days ? "true" : undefined}>
          {texts.overview.lastDays(one)}
        </a>
      </li>
    ))}
  </ul>
);

const RISKS = ["critical", "high", "medium", "low", "none"] as const;

/** A table is all that a handful of numbers needs. */
const Pending: FC<{ pending: SummaryData["pending"] }> = ({ pending: { total, more, by_risk } }) => (
  <section aria-labelledby="pending">
    <h2 id="pending">{texts.pending.title}</h2>
    <p class="figure">{texts.pending.total(total, more)}</p>
    {total === 0 ? null : (
      <ul class="risks">
        {RISKS.map((risk) => {
          const count = sum(by_risk.filter((one) => (one.risk ?? "none") === risk).map((one) => one.count));
          return count === 0 ? null : (
            <li>
              <span class="label">{texts.pending.risks[risk]}</span> <span class="total">{number(count)}</span>
            </li>
          );
        })}
      </ul>
    )}
  </section>
);

type Days = readonly [string, string];

const Decisions: FC<{ times: SummaryData["time_to_decision"]; days: Days }> = ({ times, days }) => (
  <Plot
    title={texts.decisions.title}
    id="decisions"
    about={texts.decisions.about}
    days={days}
    plotted={[
      { label: texts.decisions.median, values: times.by_day.map((one) => one.median_seconds), total: durationText(times.median_seconds) },
      { label: texts.decisions.ninetieth, values: times.by_day.map((one) => one.p90_seconds), total: durationText(times.p90_seconds) },
    ]}
    head={[texts.overview.day, texts.decisions.count, texts.decisions.median, texts.decisions.ninetieth]}
    rows={times.by_day.map(({ day, count, median_seconds, p90_seconds }) => [
      dateText(day),
      number(count),
      durationText(median_seconds),
      durationText(p90_seconds),
    ])}
  />
);

const Ends: FC<{ ended: SummaryData["ended"]; days: Days }> = ({ ended, days }) => (
  <Plot
    title={texts.ends.title}
    id="ends"
    days={days}
    plotted={ENDS.map((end) => {
      const values = ended.map((one) => one[end]);
      return { label: texts.ends[end], values, total: number(sum(values)) };
    })}
    head={[texts.overview.day, ...END_HEAD]}
    rows={ended.map((one) => [dateText(one.day), ...cells(one)])}
  />
);

const Groups: FC<{ summary: SummaryData }> = ({ summary: { rules, agents, people } }) => (
  <>
    <Plot
      title={texts.groups.rules}
      id="rules"
      about={texts.groups.most}
      plotted={rules.map(({ rule, approved }) => ({
        label: <Text value={rule} />,
        values: [approved],
        total: texts.groups.approvals(approved),
      }))}
      head={[texts.groups.rule, ...END_HEAD]}
      rows={rules.map(({ rule, ...counts }) => [<Text value={rule} />, ...cells(counts)])}
    />
    <Plot
      title={texts.groups.agents}
      id="by-agent"
      about={texts.groups.most}
      plotted={agents.map(({ agent, approved }) => ({
        label: <Text value={agent.name} />,
        values: [approved],
        total: texts.groups.approvals(approved),
      }))}
      head={[texts.groups.agent, ...END_HEAD]}
      rows={agents.map(({ agent, ...counts }) => [<Text value={agent.name} />, ...cells(counts)])}
    />
    <Plot
      title={texts.groups.people}
      id="by-person"
      about={texts.groups.most}
      plotted={people.map(({ person, approved }) => ({
        label: <Text value={person.username} />,
        values: [approved],
        total: texts.groups.approvals(approved),
      }))}
      head={[texts.groups.person, texts.ends.approved, texts.ends.denied]}
      rows={people.map(({ person, approved, denied }) => [<Text value={person.username} />, number(approved), number(denied)])}
    />
  </>
);

/** Of a part that this deployment lacks. */
const Lacking: FC<{ title: string; id: string; why: string }> = ({ title, id, why }) => (
  <section aria-labelledby={id}>
    <h2 id={id}>{title}</h2>
    <p class="nothing">{why}</p>
  </section>
);

const Calls: FC<{ calls: SummaryData["calls"]; days: Days }> = ({ calls, days }) =>
  calls === null ? (
    <Lacking title={texts.calls.title} id="calls" why={texts.calls.off} />
  ) : (
    <Plot
      title={texts.calls.title}
      id="calls"
      about={texts.calls.about}
      days={days}
      plotted={(["allowed", "held", "refused"] as const).map((treatment) => {
        const values = calls.map((one) => one[treatment]);
        return { label: texts.calls[treatment], values, total: number(sum(values)) };
      })}
      head={[texts.overview.day, texts.calls.allowed, texts.calls.held, texts.calls.refused]}
      rows={calls.map(({ day, allowed, held, refused }) => [dateText(day), number(allowed), number(held), number(refused)])}
    />
  );

const Notices: FC<{ notices: SummaryData["notices"]; days: Days }> = ({ notices, days }) =>
  notices === null ? (
    <Lacking title={texts.notices.title} id="notices" why={texts.notices.off} />
  ) : (
    <Plot
      title={texts.notices.title}
      id="notices"
      about={texts.notices.about}
      days={days}
      plotted={(["passed", "held"] as const).map((treatment) => {
        const values = notices.map((one) => one[treatment]);
        return { label: texts.notices[treatment], values, total: number(sum(values)) };
      })}
      head={[texts.overview.day, texts.notices.passed, texts.notices.held]}
      rows={notices.map(({ day, passed, held }) => [dateText(day), number(passed), number(held)])}
    />
  );

const isEmpty = ({ pending, ended, calls }: SummaryData): boolean =>
  pending.total === 0 &&
  ended.every((one) => sum(ENDS.map((end) => one[end])) === 0) &&
  (calls ?? []).every(({ allowed, held, refused }) => allowed + held + refused === 0);

export const OverviewPage: FC<OverviewPageProps> = ({ person, days, summary }) => {
  const period: Days = [summary.from, summary.to];
  return (
    <Layout title={texts.overview.title} sheets={["console"]} person={person} here="/admin">
      <main id="overview" class="console">
        <h1>{texts.overview.title}</h1>
        <p>{texts.overview.about}</p>
        <Period days={days} />
        {isEmpty(summary) ? <p class="nothing">{texts.overview.nothing}</p> : null}
        <Pending pending={summary.pending} />
        <Decisions times={summary.time_to_decision} days={period} />
        <Ends ended={summary.ended} days={period} />
        <Groups summary={summary} />
        <Calls calls={summary.calls} days={period} />
        <Notices notices={summary.notices} days={period} />
        <p class="quiet counted">
          {Date.parse(summary.counted_at) === 0 ? texts.overview.notCounted : texts.overview.countedAt(toJsx(timeView(summary.counted_at)))}
        </p>
      </main>
    </Layout>
  );
};
