/** Events of a request, and what they are routed by: a channel of each kind, and three people. */
import type { EarlierMessage, NoticeEvent, RoutingFacts } from "#rules/notices/routing.ts";
import { BY_ITSELF, type PersonSettings } from "#rules/notices/person-settings.ts";

export const NOW = "2026-11-20T09:30:00.000Z";

export const CHANNELS: RoutingFacts["channels"] = [
  { id: "chn_push", name: "phones", state: "active", settings: { kind: "webpush", subject: "mailto:ops@example.com", public_key: "BA" } },
  {
    id: "chn_slack",
    name: "chat",
    state: "active",
    settings: {
      kind: "slack",
      places: [
        { group: null, to: "C_ALL" },
        { group: "release", to: "C_RELEASE" },
        { group: "dba", to: "C_DBA" },
      ],
    },
  },
  {
    id: "chn_mail",
    name: "mail",
    state: "active",
    settings: { kind: "email", via: "resend", from: "gate@example.com", relay: null, places: [{ group: "dba", to: "dba@example.com" }] },
  },
  {
    id: "chn_hook",
    name: "siem",
    state: "active",
    settings: { kind: "webhook", url: "https://hooks.example.com/", signing: "hmac", public_key: null, events: ["request.*"] },
  },
];

/** Somebody who is asked or told. */
export const aPerson = (
  username: string,
  settings: Partial<PersonSettings> = {},
  away: { to: string; until: string } | null = null,
): RoutingFacts["people"] extends Map<string, infer Person> ? Person : never => ({
  username,
  groups: [],
  settings: { ...BY_ITSELF, ...settings },
  away,
});

/** `usr_ada` has a contact `cnt_ada_push` over `chn_push`, and so on; `ada` is the owner of the agent. */
export const someFacts = (facts: Partial<RoutingFacts> = {}): RoutingFacts => ({
  nowMs: Date.parse(NOW),
  origin: "https://gate.example.com",
  channels: CHANNELS,
  contacts: ["ada", "bo", "cleo"].flatMap((name) =>
    ["push", "slack", "mail"].map((kind) => ({
      id: `cnt_${name}_${kind}`,
      personId: `usr_${name}`,
      channelId: `chn_${kind}`,
      failing: false,
    })),
  ),
  people: new Map(["ada", "bo", "cleo"].map((name) => [`usr_${name}`, aPerson(name)])),
  earlier: [],
  ...facts,
});

export const anEvent = (
  event: Partial<Omit<NoticeEvent, "request">> & { request?: Partial<NoticeEvent["request"]> } = {},
): NoticeEvent => ({
  number: 1,
  type: "request.opened",
  at: NOW,
  asks: ["usr_bo"],
  owner: "usr_ada",
  by: null,
  channels: null,
  groups: [],
  ...event,
  request: {
    id: "apr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    action: "deploy to production",
    agent: { id: "agt_deploy", name: "deployer" },
    risk: "high",
    requestedAt: NOW,
    expiresAt: "2026-11-20T10:30:00.000Z",
    approvals: 0,
    required: 1,
    status: "pending",
    ...event.request,
  },
});

/** What was told to a contact of before. */
export const told = (id: string, message: Partial<EarlierMessage> = {}): EarlierMessage => ({
  id,
  channelId: "chn_slack",
  contactId: "cnt_bo_slack",
  target: null,
  personId: "usr_bo",
  edits: null,
  state: "sent",
  type: "request.opened",
  ...message,
});
