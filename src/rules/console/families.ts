/** What the service tells a scraper, made of sums and of how it stands: as many lines whatever was, but for one a risk, end and witness. Pure. */
import { ALERT_NAMES } from "#rules/notices/content.ts";
import type { Family } from "./open-metrics.ts";
import { ENDS } from "./sums.ts";
import { LONGER, type STEPS } from "./took.ts";

export interface MetricFacts {
  version: string;
  totals: readonly { kind: string; of: string; outcome: string; n: number }[];
  pending: readonly { risk: string | null; n: number }[];
  messages: { waiting: number; failed: number; oldestDue: string | null };
  log: { state: "active" | "frozen"; size: number; at: string } | null;
  /** Null where nobody is asked to cosign. */
  witnesses: readonly { name: string; cosignedAtMs: number | null }[] | null;
  counted: { requests: string; calls: string | null };
  alerts: readonly { name: string }[];
  hasCalls: boolean;
}

const P = "countersign";
/** Of a histogram for alerting: the other steps are for medians. */
const BUCKETS: (typeof STEPS)[number][] = [30, 60, 120, 300, 600, 1_800, 3_600, 14_400, 86_400, 604_800];

const ageSeconds = (at: string, nowMs: number): number => Math.max(0, (nowMs - Date.parse(at)) / 1_000);

export function metricFamilies(facts: MetricFacts, nowMs: number): Family[] {
  return [
    { name: `${P}_build`, type: "info", help: "The version that answers.", samples: [{ labels: { version: facts.version }, value: 1 }] },
    ...ofRequests(facts),
    ...ofCalls(facts),
    ...ofMessages(facts, nowMs),
    ...ofLog(facts, nowMs),
    ...ofRounds(facts, nowMs),
    {
      name: `${P}_alerts`,
      type: "gauge",
      help: "What is amiss now, as admins are told.",
      samples: ALERT_NAMES.map((name) => ({ labels: { alert: name }, value: facts.alerts.filter((one) => one.name === name).length })),
    },
  ];
}

function ofRequests({ totals, pending }: MetricFacts): Family[] {
  const sum = (kind: string, outcome?: string) =>
    totals.reduce((all, one) => all + (one.kind === kind && (outcome === undefined || one.outcome === outcome) ? one.n : 0), 0);
  return [
    {
      name: `${P}_requests_ended`,
      type: "counter",
      help: "Requests by how they ended.",
      samples: ENDS.map((end) => ({ labels: { end }, value: sum("end", end) })),
    },
    {
      name: `${P}_requests_pending`,
      type: "gauge",
      help: "Requests that wait for a decision, by risk; counted up to 5000.",
      samples: ["low", "medium", "high", "critical", ""].map((risk) => ({
        labels: { risk: risk === "" ? "none" : risk },
        value: pending.reduce((all, one) => all + ((one.risk ?? "") === risk ? one.n : 0), 0),
      })),
    },
    decisionTimes(totals, sum("seconds")),
  ];
}

function decisionTimes(totals: MetricFacts["totals"], seconds: number): Family {
  const took = totals.filter(({ kind }) => kind === "took");
  const upTo = (bound: number) => took.reduce((all, { of, n }) => all + (of !== LONGER && Number(of) <= bound ? n : 0), 0);
  const count = took.reduce((all, { n }) => all + n, 0);
  return {
    name: `${P}_decision_seconds`,
    type: "histogram",
    unit: "seconds",
    help: "How long people took to decide, from asking to the end.",
    buckets: [...BUCKETS.map((le) => ({ le, upTo: upTo(le) })), { le: Number.POSITIVE_INFINITY, upTo: count }],
    sum: seconds,
    count,
  };
}

function ofCalls({ totals, hasCalls }: MetricFacts): Family[] {
  if (!hasCalls) return [];
  const calls = totals.filter(({ kind }) => kind === "call");
  const notices = (outcome: string) => totals.find((one) => one.kind === "notice" && one.outcome === outcome)?.n ?? 0;
  return [
    {
      name: `${P}_calls`,
      type: "counter",
      help: "Calls of servers behind the gate, by what the gate did and how they stood when they were recorded.",
      samples: calls.map(({ of: treatment, outcome: status, n }) => ({ labels: { treatment, status }, value: n })),
    },
    {
      name: `${P}_notices`,
      type: "counter",
      help: "Calls in which something was unusual.",
      samples: ["passed", "held"].map((treatment) => ({ labels: { treatment }, value: notices(treatment) })),
    },
  ];
}

function ofMessages({ messages: { waiting, failed, oldestDue } }: MetricFacts, nowMs: number): Family[] {
  return [
    {
      name: `${P}_messages`,
      type: "gauge",
      help: "Messages that wait to be sent, and that were given up within a month; counted up to 10000.",
      samples: [
        { labels: { state: "waiting" }, value: waiting },
        { labels: { state: "failed" }, value: failed },
      ],
    },
    gaugeOf(
      "message_due",
      "How long the oldest message is due that nobody has sent.",
      oldestDue === null ? 0 : ageSeconds(oldestDue, nowMs),
    ),
  ];
}

const gaugeOf = (name: string, help: string, value: number): Family => ({
  name: `${P}_${name}_age_seconds`,
  type: "gauge",
  unit: "seconds",
  help,
  samples: [{ value }],
});

function ofLog({ log, witnesses }: MetricFacts, nowMs: number): Family[] {
  if (log === null) return [];
  return [
    { name: `${P}_log_leaves`, type: "gauge", help: "Leaves of the log that is written.", samples: [{ value: log.size }] },
    {
      name: `${P}_log_frozen`,
      type: "gauge",
      help: "Whether it is frozen: then nothing is approved.",
      samples: [{ value: log.state === "frozen" ? 1 : 0 }],
    },
    gaugeOf("log_checkpoint", "Since the newest state of the log was written.", ageSeconds(log.at, nowMs)),
    {
      name: `${P}_witness_cosignature_age_seconds`,
      type: "gauge",
      unit: "seconds",
      help: "Since each witness last cosigned the newest cosigned state; none where it has not.",
      samples: (witnesses ?? []).flatMap(({ name, cosignedAtMs }) =>
        cosignedAtMs === null ? [] : [{ labels: { witness: name }, value: Math.max(0, (nowMs - cosignedAtMs) / 1_000) }],
      ),
    },
  ];
}

const ofRounds = ({ counted }: MetricFacts, nowMs: number): Family[] => [
  gaugeOf("cron", "Since the cron of every minute last counted requests.", ageSeconds(counted.requests, nowMs)),
  ...(counted.calls === null ? [] : [gaugeOf("calls_counted", "Since it last counted calls.", ageSeconds(counted.calls, nowMs))]),
];
