/** An approval page as most are: a deployment, asked for by one agent, decided by one of three people. */

const people = ["alex", "sam", "robin"].map((username) => ({
  id: `usr_${username.padEnd(22, "0")}`,
  username,
  display_name: `${username[0].toUpperCase()}${username.slice(1)} Example`,
}));
const hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

export const ordinaryPage = {
  request: {
    type: "countersign/request@v1",
    id: "apr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX",
    origin: "https://gate.example.com",
    action: "Deploy api 4.2.0 to production",
    reason: "Ticket 4711: the fix for failing refunds has passed review and staging.",
    payload_hash: hash,
    requested_by: { id: "agt_0000000000000000000000", name: "release-bot", owner: people[0].id },
    policy: { version: 0, rule: "default", hash },
    context: {},
    quorum: [{ name: "any approver", required: 1, eligible: people.map(({ id }) => id) }],
    requested_at: "2026-11-20T09:30:00.000Z",
    expires_at: "2026-11-20T09:45:00.000Z",
    use_by: "2026-11-20T10:45:00.000Z",
  },
  payload: {
    service: "api",
    version: "4.2.0",
    environment: "production",
    commit: "3f786850e387550fdab836ed7e6dc881de23001b",
    replicas: 12,
    migrate: true,
    rollback_to: null,
    regions: ["eu-west-1", "us-east-1"],
    strategy: { kind: "rolling", max_unavailable: 1, pause_seconds: 30 },
  },
  person: { id: people[0].id, username: people[0].username },
  people,
  rp_id: "gate.example.com",
  credentials: [{ id: "c2l4dGVlbi1ieXRlcy1pZA", transports: ["internal", "hybrid"] }],
  nonce: "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE",
  comment_salt: "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI",
  now: "2026-11-20T09:31:00.000Z",
  state: { tag: "pending", status: "pending", ended_by: null, cancel_reason: null, decided_at: null, decisions: [] },
};
