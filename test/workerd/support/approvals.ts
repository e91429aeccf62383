/** Asking, deciding and waiting as agents and pages do it, with a passkey in software. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { ApprovalState } from "#rules/approval.ts";
import { objectOf } from "./storage.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { actionShown, chooseGrant, type GrantChoice } from "#countersign/grants/choose-grant.ts";
import { buildStatement, decisionChallenge, type Statement, type Verdict } from "#countersign/documents/statement.ts";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import type { ApprovalPageData, ApprovalPageState } from "#api/approval-page-data.ts";
import type { Ceremony, SoftwarePasskey } from "#countersign/testing/software-passkey.ts";
import type { Agent as StandingAgent } from "#gate/approvals/agent-approvals.ts";
import type { CheckedAsk } from "#rules/agent-calls.ts";
import type { AgentFacts, JudgedBy } from "#rules/policies/judged.ts";
import { call, type Call, enrolFirst, makeAgent, ORIGIN, type Someone } from "./people.ts";

export interface Agent {
  id: string;
  name: string;
  key: string;
}

/** What an agent of nobody's group is judged by, before anything is published or stopped. */
export const NOT_STOPPED: AgentFacts = {
  name: "release-bot",
  groups: [],
  ownerName: "alex",
  maker: null,
  stops: { all: 0, agent: 0 },
  isStopped: false,
  hasChannels: false,
  epoch: 0,
};

/** How what is asked for then is judged. */
export const BY_NOBODY: JudgedBy = { stops: NOT_STOPPED.stops, narrowing: { users: null, groups: null, required: 1 }, shortened: [] };

/** An agent as tools are given it, whose key stands. */
export function standing(id: string, name: string, owner: string): StandingAgent {
  const facts = () => Promise.resolve({ ...NOT_STOPPED, name });
  return { id, owner, facts, admitted: () => Promise.resolve(null), stands: facts, standsNow: facts };
}

/** The first person, and an agent of theirs. */
export async function personAndAgent(): Promise<{ person: Someone; agent: Agent }> {
  const person = await enrolFirst();
  return { person, agent: await makeAgent(person) };
}

export const PAYLOAD = { service: "api", version: "4.2.0", replicas: 3 };

/** An ask as the gate is given it, that says nothing but what it has to. */
export const CHECKED_ASK: CheckedAsk = {
  action: "Deploy api to production",
  payload: PAYLOAD,
  reason: null,
  tool: null,
  server: null,
  approvers: { users: null, groups: null, required: 1 },
  expiresInSeconds: null,
  reveal: false,
  idempotencyKey: null,
};

/** `POST /api/v1/approvals`, not waiting unless told to. */
export const askFor = (
  agent: Agent,
  body: JsonObject = {},
  headers: Record<string, string> = {},
  settings?: Call["settings"],
): Promise<Response> =>
  call("POST", "/api/v1/approvals", {
    key: agent.key,
    origin: null,
    headers,
    ...(settings === undefined ? {} : { settings }),
    body: { action: "Deploy api to production", payload: PAYLOAD, wait_seconds: 0, ...body },
  });

/** A new request, whatever else waits: without a key of its own it would be the same as one like it. */
export async function ask(agent: Agent, body: JsonObject = {}): Promise<AgentView> {
  const answer = await askFor(agent, { idempotency_key: crypto.randomUUID(), ...body });
  if (answer.status !== 201) throw new Error(`not asked: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** `GET /api/v1/approvals/{id}`. */
export const read = (agent: Agent, id: string, wait = 0): Promise<Response> =>
  call("GET", `/api/v1/approvals/${id}?wait=${wait}`, { key: agent.key, origin: null });

/** What the agent is told. */
export const viewOf = async (agent: Agent, id: string, wait = 0): Promise<AgentView> => (await read(agent, id, wait)).json();

/** The data block of the approval page, as its script reads it. */
export async function openPage(person: Someone, id: string): Promise<ApprovalPageData> {
  const page = await call("GET", `/a/${id}`, { cookie: person.cookie });
  const text = await page.text();
  const block = /<script type="application\/json" id="approval-data"[^>]*>(.*?)<\/script>/s.exec(text)?.[1];
  if (block === undefined) throw new Error(`no data block: ${page.status} ${text.slice(0, 300)}`);
  return JSON.parse(block);
}

export interface Signing {
  comment?: string;
  /** Another statement than the page would make. */
  statement?: (statement: Statement) => Statement;
  /** What the ceremony gets wrong. */
  wrong?: Partial<Ceremony>;
  /** Another passkey than the person's. */
  passkey?: SoftwarePasskey;
  /** The number that is picked; null for none. Where one has to be, by default what the agent shows. */
  match?: string | null;
  /** What is to pass from then on, as it is chosen on that page. */
  grant?: (page: ApprovalPageData) => GrantChoice;
}

/** What the page sends when its button is pressed. */
export async function signedDecision(person: Someone, page: ApprovalPageData, verdict: Verdict, signing: Signing = {}) {
  const { comment = "", statement: change = (same: Statement) => same, wrong = {}, passkey = person.passkey } = signing;
  const choice = signing.grant?.(page);
  const shown = choice === undefined ? null : actionShown(page.request, page.payload ?? {}, Date.parse(page.now));
  const grant = choice === undefined || shown === null ? null : chooseGrant(choice, shown);
  const draft = { verdict, approver: page.person, comment, commentSalt: page.comment_salt, nonce: page.nonce, grant };
  const statement = change(buildStatement(page.request, draft));
  const assertion = await passkey.sign({ challenge: decisionChallenge(statement), origin: ORIGIN, ...wrong });
  const body = { nonce: page.nonce, verdict, comment, credential_id: passkey.credentialId, assertion };
  const isPicked = verdict === "approved" && page.numbers !== undefined;
  const match = signing.match === undefined && isPicked ? await numberOf(page.request.id) : signing.match;
  return { ...body, ...(choice !== undefined && { grant: choice }), ...(match != null && { match }) };
}

/** What the agent of this request is told to show. */
const numberOf = (id: string): Promise<string | undefined> =>
  runInDurableObject(
    objectOf(env.APPROVAL_REQUEST.getByName(id)),
    (_, { storage }) => storage.kv.get<ApprovalState>("approval")?.match?.code,
  );

/** Sends a decision. */
export const send = (person: Someone, id: string, body: unknown): Promise<Response> =>
  call("POST", `/a/${id}/decision`, { cookie: person.cookie, body });

/** Opens the page, signs, sends. */
export async function decide(person: Someone, id: string, verdict: Verdict, signing: Signing = {}): Promise<Response> {
  return send(person, id, await signedDecision(person, await openPage(person, id), verdict, signing));
}

/** Decides, and it works. */
export async function decided(person: Someone, id: string, verdict: Verdict, signing: Signing = {}): Promise<ApprovalPageState> {
  const answer = await decide(person, id, verdict, signing);
  if (answer.status !== 200) throw new Error(`not decided: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** The receipt, as text. */
export async function receiptOf(agent: Agent, id: string): Promise<string> {
  const answer = await call("GET", `/api/v1/approvals/${id}/receipt`, { key: agent.key, origin: null });
  if (answer.status !== 200) throw new Error(`no receipt: ${answer.status} ${await answer.text()}`);
  return answer.text();
}
