/**
 * What the service answers agents over REST, read into types. Later versions of the service may send more members, and other
 * words where one of several is meant; both are taken as they come.
 */
import type { AgentView, ApprovalStatus, QuestionToAgent } from "../documents/agent-view.ts";
import type { Basis, CallOutcome } from "../documents/record.ts";
import type { JsonObject, JsonValue } from "../json/canonical-json.ts";
import { isObject } from "../json/shape.ts";

/** Who decided what; the verdict as `status` is. */
export interface DecidedBy {
  id: string;
  username: string;
  verdict: string;
  decided_at: string;
}

/** Members that are read as they are told. */
type Told = Pick<
  AgentView,
  | "request_id"
  | "action"
  | "approval_url"
  | "expires_at"
  | "use_by"
  | "required"
  | "approvals"
  | "decided_at"
  | "comment"
  | "cancel_reason"
  | "redeemed_at"
  | "rule"
  | "match_code"
  | "notified_at"
  | "seen_at"
>;

/** A request as it stands. */
export interface Approval extends Told {
  /** Only `approved` allows the action. Any other value, also one that is not listed here, means not approved. */
  status: ApprovalStatus | (string & {});
  /** What an approval rests on. Any other value than `passkeys` means that no person has approved it. */
  basis: "passkeys" | Basis | (string & {});
  /** Usernames of those who may decide now and have not; empty once it is over, and where the service does not tell. */
  awaiting: readonly string[];
  /** Empty while it is pending. */
  decided_by: readonly DecidedBy[];
  outcome?: CallOutcome | (string & {});
  /** What whoever denied it would rather let pass. It allows nothing: ask for exactly that. */
  proposal?: { payload: JsonObject };
  /** What a person asked last; without `answered_at` it waits for `answer`. */
  question?: QuestionToAgent;
  /** Everything that came, as it came. */
  document: JsonValue;
}

/** Why a call was refused, or that it did not come through. */
export interface Refused {
  /** A code of the service, or one of the client's own (docs/interfaces.md, "Client"). */
  code: string;
  /** One sentence for a person. */
  message: string;
  /** The HTTP status; null if no answer came. */
  status: number | null;
  retryAfterSeconds?: number;
  /** It may be done all the same, since no answer of the service was understood. To make the same call again does no harm, and will tell. */
  notKnown?: true;
  /** With `notKnown`, of asking and redeeming: the key that makes the next call the same one. */
  idempotencyKey?: string;
  /** With `log_inconsistent`: what proves it to anybody (docs/formats.md, "Evidence"). */
  evidence?: string;
}

const isText = (value: JsonValue | undefined): value is string => typeof value === "string";
const isCount = (value: JsonValue | undefined): value is number => Number.isSafeInteger(value);

function readDecidedBy(value: JsonValue | undefined): DecidedBy[] | null {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return null;
  const read = value.map((one) => {
    if (!isObject(one)) return null;
    const { id, username, verdict, decided_at } = one;
    return isText(id) && isText(username) && isText(verdict) && isText(decided_at) ? { id, username, verdict, decided_at } : null;
  });
  return read.every((one) => one !== null) ? read : null;
}

const isTextOrNone = (value: JsonValue | undefined): boolean => value === undefined || isText(value);

const isQuestion = (value: JsonValue): value is JsonObject & QuestionToAgent =>
  isObject(value) &&
  [value["id"], value["text"], value["by"], value["asked_at"]].every(isText) &&
  isTextOrNone(value["answer"]) &&
  isTextOrNone(value["answered_at"]);

const isProposal = (value: JsonValue): value is { payload: JsonObject } => isObject(value) && isObject(value["payload"] ?? null);

/** Members that hold others, where they are there; null if one of them is anything else. Later versions may say more in them. */
function readParts({ question, proposal }: JsonObject): Pick<Approval, "question" | "proposal"> | null {
  if ((question !== undefined && !isQuestion(question)) || (proposal !== undefined && !isProposal(proposal))) return null;
  return {
    ...(question !== undefined && { question }),
    ...(proposal !== undefined && { proposal }),
  };
}

const OPTIONAL = [
  "decided_at",
  "comment",
  "cancel_reason",
  "redeemed_at",
  "outcome",
  "rule",
  "match_code",
  "notified_at",
  "seen_at",
] as const;

/** An approval; null for anything else. */
export function readApproval(value: JsonValue): Approval | null {
  if (!isObject(value)) return null;
  const { request_id, status, action, approval_url, expires_at, use_by, required, approvals } = value;
  const decided_by = readDecidedBy(value["decided_by"]);
  if (!isText(request_id) || !isText(status) || !isText(action) || !isText(approval_url) || decided_by === null) return null;
  // A service of an earlier version lets nothing pass without people, and does not say so.
  const { basis = "passkeys" } = value;
  if (!isText(basis) || !isText(expires_at) || !isText(use_by) || !isCount(required) || !isCount(approvals)) return null;
  const { awaiting = [] } = value;
  if (!Array.isArray(awaiting) || !awaiting.every(isText)) return null;
  const parts = readParts(value);
  if (parts === null) return null;
  const document = value;
  const approval: Approval = {
    request_id,
    status,
    basis,
    action,
    approval_url,
    expires_at,
    use_by,
    required,
    approvals,
    awaiting,
    decided_by,
    ...parts,
    document,
  };
  for (const name of OPTIONAL) {
    const member = value[name];
    if (isText(member)) approval[name] = member;
    else if (member !== undefined) return null;
  }
  return approval;
}

/** The service's own refusal: problem details (RFC 9457) of this HTTP status, with a code; null for anything else. */
export function readFailure(value: JsonValue, status: number): Refused | null {
  if (!isObject(value) || value["status"] !== status) return null;
  const { code, detail } = value;
  return isText(code) && /^[a-z][a-z_]*$/.test(code) && isText(detail) ? { code, message: detail, status } : null;
}
