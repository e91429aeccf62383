/** Data of approval pages: ordinary, hostile, and arbitrary. */
import fc from "fast-check";
import { b64u } from "#countersign/encoding/bytes.ts";
import { type JsonObject, type JsonValue, MAX_PAYLOAD_DEPTH } from "#countersign/json/canonical-json.ts";
import { type RequestV1, DEFAULT_POLICY, payloadHash } from "#countersign/documents/request.ts";
import type { ApprovalPageData, ApprovalPageState } from "#api/approval-page-data.ts";

export const ALEX = { id: "usr_alex", username: "alex", display_name: "Alex Doe" };
export const SAM = { id: "usr_sam", username: "sam", display_name: "Sam Okafor" };
export const PASSKEY_ID = b64u(new Uint8Array(16).fill(7));

const MINUTE_MS = 60_000;
const fromNow = (minutes: number): string => new Date(Date.now() + minutes * MINUTE_MS).toISOString();

export const PENDING: ApprovalPageState = {
  tag: "pending:0",
  status: "pending",
  ended_by: null,
  cancel_reason: null,
  decided_at: null,
  decisions: [],
};

/** Who decided what, ten seconds before the page was made. */
export const decisionOf = (person: typeof ALEX, verdict: "approved" | "denied", comment: string | null = null) => ({
  id: person.id,
  username: person.username,
  verdict,
  decided_at: fromNow(-1 / 6),
  comment,
});

export interface Variation {
  payload?: JsonObject;
  request?: Partial<RequestV1>;
  people?: ApprovalPageData["people"];
  credentials?: ApprovalPageData["credentials"];
  state?: Partial<ApprovalPageState>;
}

/** A pending request that Alex may decide, varied. */
export function approvalData(
  origin: string,
  { payload = { service: "api", replicas: 3 }, ...variation }: Variation = {},
): ApprovalPageData {
  return {
    request: {
      type: "countersign/request@v1",
      id: `apr_${"a".repeat(32)}`,
      origin,
      action: "Deploy api to production",
      reason: "Ticket 4711",
      payload_hash: payloadHash(payload),
      requested_by: { id: "agt_bot", name: "release-bot", owner: ALEX.id },
      policy: DEFAULT_POLICY,
      context: {},
      quorum: [{ name: "any approver", required: 1, eligible: [ALEX.id, SAM.id] }],
      requested_at: fromNow(-3),
      expires_at: fromNow(12),
      use_by: fromNow(72),
      ...variation.request,
    },
    payload,
    person: { id: ALEX.id, username: ALEX.username },
    people: variation.people ?? [ALEX, SAM],
    rp_id: new URL(origin).hostname,
    credentials: variation.credentials ?? [{ id: PASSKEY_ID, transports: ["internal"] }],
    nonce: b64u(new Uint8Array(32).fill(1)),
    comment_salt: b64u(new Uint8Array(32).fill(2)),
    now: fromNow(0),
    state: { ...PENDING, ...variation.state },
  };
}

/** Text of every sort that JSON may carry: markup, directions, invisible characters, several scripts, line breaks. */
export const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "<b>",
        "</script>",
        "<!--",
        "&amp;",
        '"',
        "'",
        "\n",
        "\r\n",
        "\t",
        "  ",
        "\0",
        "\u202e",
        "\u200b",
        "\u{e0041}",
        "\ufe0f",
      ),
      fc.constantFrom("pay", "раура", "pаypal", "שלום עולם", "مرحبا", "漢字", "e\u0301\u0301", "\u0301", "100"),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""));

const anyName = anyText.filter((name) => name !== "__proto__");

/** Numbers whose decimal writing survives, as payloads have them. */
const anyNumber = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
);

const { value: anyValue } = fc.letrec<{ value: JsonValue; list: JsonValue[]; members: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: MAX_PAYLOAD_DEPTH - 2, withCrossShrink: true },
    fc.oneof(anyText, anyNumber, fc.boolean(), fc.constant(null)),
    tie("list"),
    tie("members"),
  ),
  list: fc.array(tie("value"), { maxLength: 4 }),
  members: fc.dictionary(anyName, tie("value"), { maxKeys: 4, noNullPrototype: true }),
}));

/** Any payload that passes the gate. */
export const anyPayload: fc.Arbitrary<JsonObject> = fc.dictionary(anyName, anyValue, { maxKeys: 6, noNullPrototype: true });
