/** What a service has been used for when it is kept: people, agents, and a request in every state. All of it over its routes. */
import { setTimeout as wait } from "node:timers/promises";
import type { Kept, KeptRequest } from "#test/support/kept-state.ts";
import { type Agent, joinWith, Person } from "#test/support/service/person.ts";
import { type ApprovalView, RestAgent } from "#test/support/rest-agent.ts";
import type { Service } from "#test/support/service/service.ts";
import type { SoftwarePasskey } from "#countersign/testing/software-passkey.ts";

/** The longest that a request may wait, so that it still does when the service is stopped. */
const A_WEEK = 604_800;
const SHORTEST = 30;

export type Driven = Omit<Kept, "version" | "commit" | "kept_at" | "port" | "environment" | "secrets" | "log">;

/** The JSON of an answer of that status. */
async function given<T>(answer: Response, status: number): Promise<T> {
  if (answer.status !== status) throw new Error(`${answer.url}: ${answer.status} instead of ${status}: ${await answer.text()}`);
  return answer.json() as Promise<T>;
}

class Play {
  readonly #origin: string;
  readonly #alex: Person;
  readonly #agents = new Map<string, Agent>();
  readonly requests: Record<string, KeptRequest> = {};

  constructor(origin: string, alex: Person) {
    this.#origin = origin;
    this.#alex = alex;
  }

  /** Somebody invited whose passkey waits; the link cannot be used again. */
  async join(username: string, roles: string[], groups: string[] = []): Promise<{ link: string; passkey: SoftwarePasskey }> {
    const link = await this.#alex.invite({ username, roles, groups });
    return { link, passkey: await joinWith(link, username, `${username[0]?.toUpperCase()}${username.slice(1)} Example`) };
  }

  /** Somebody who is in, signed for by as many admins as it takes. */
  async admit(username: string, roles: string[], admins: Person[], groups: string[] = []): Promise<Person> {
    const { passkey } = await this.join(username, roles, groups);
    let status = 202;
    for (const admin of admins) ({ status } = await admin.signForPasskey(passkey));
    if (status !== 200) throw new Error(`${username} is not in: ${status}`);
    return Person.signIn(this.#origin, passkey);
  }

  /** An agent that both admins have signed for. */
  async makeAgent(name: string, sam: Person): Promise<Agent> {
    const id = await this.proposeAgent(name);
    const agent = await given<Agent>(await sam.signForAgent(name, id), 201);
    this.#agents.set(name, agent);
    return agent;
  }

  /** An agent that one admin has signed for; gives its id. */
  async proposeAgent(name: string): Promise<string> {
    await given(await this.#alex.signForAgent(name), 202);
    const { waiting } = await given<{ waiting: { id: string; name: string }[] }>(await this.#alex.get("/api/v1/agents"), 200);
    const proposed = waiting.find((agent) => agent.name === name);
    if (proposed === undefined) throw new Error(`${name} does not wait for a signature`);
    return proposed.id;
  }

  /** Asks; what it is told about the request is kept under that name. */
  async ask(name: string, more: Record<string, unknown> = {}, agent = "release-bot"): Promise<ApprovalView> {
    const ask = {
      action: `Deploy api to production: ${name}`,
      reason: "Ticket 4711 \u202Ewith marks\u202C that hide",
      payload: { service: "api", name, replicas: 3, ratio: 0.1, notes: ["größer", null, { "": true }] },
      expires_in_seconds: A_WEEK,
      idempotency_key: `kept-${name}`,
      ...more,
    };
    const { view } = must(await this.#rest(agent).ask(ask), 201);
    this.requests[name] = { agent, ask, view, receipt: null, redeemed_with: null };
    return view;
  }

  agentOf = (name: string): RestAgent => this.#rest(this.#request(name).agent);

  async redeem(name: string): Promise<void> {
    const request = this.#request(name);
    request.redeemed_with = `use-${name}`;
    must(await this.agentOf(name).redeem(request.view.request_id, request.ask.payload, request.redeemed_with), 200);
  }

  async report(name: string, outcome: "succeeded" | "failed" | "unknown"): Promise<void> {
    must(await this.agentOf(name).report(this.#request(name).view.request_id, outcome), 200);
  }

  /** Reads once more what the agent is told, and gets the receipts of what has ended. Those of a revoked agent are given to `reader`. */
  async readAll(reader: Person): Promise<void> {
    for (const request of Object.values(this.requests)) {
      const id = request.view.request_id;
      const answer = await this.#rest(request.agent).read(id);
      if (answer.status === 200) request.view = answer.view;
      if (answer.status === 200 && answer.view.status === "pending") continue;
      const receipt = await reader.get(`/api/v1/approvals/${id}/receipt`);
      if (!receipt.ok) throw new Error(`no receipt of ${id}: ${receipt.status}`);
      request.receipt = await receipt.text();
    }
  }

  #rest(agent: string): RestAgent {
    const found = this.#agents.get(agent);
    if (found === undefined) throw new Error(`there is no agent ${agent}`);
    return new RestAgent(this.#origin, found.key);
  }

  #request(name: string): KeptRequest {
    const request = this.requests[name];
    if (request === undefined) throw new Error(`nobody has asked for ${name}`);
    return request;
  }
}

function must<T extends { status: number; view: ApprovalView }>(answer: T, status: number): T {
  if (answer.status !== status) throw new Error(`${answer.status} instead of ${status}: ${JSON.stringify(answer.view)}`);
  return answer;
}

/** Takes about a minute: one request has to expire. */
export async function drive({ origin, setupToken }: Service): Promise<Driven> {
  const alex = await Person.enrolFirst({ origin, setupToken });
  const play = new Play(origin, alex);
  const sam = await play.admit("sam", ["admin", "approver"], [alex]);
  // From here on there are two admins, and it takes both.
  const kim = await play.admit("kim", ["approver", "auditor"], [alex, sam], ["release-managers"]);
  const dana = await play.admit("dana", ["approver"], [alex, sam]);
  await alex.revoke(dana.passkey);
  const robin = await play.join("robin", ["approver"], ["release-managers"]);
  const open = await alex.invite({ username: "noor", roles: ["approver"] });

  const bot = await play.makeAgent("release-bot", sam);
  const old = await play.makeAgent("old-bot", sam);
  const proposed = { id: await play.proposeAgent("next-bot"), name: "next-bot" };

  await play.ask("expired", { expires_in_seconds: SHORTEST });
  const expires = wait((SHORTEST + 3) * 1000);

  await play.ask("pending");
  await play.ask("to-deny", { approvers: { groups: ["release-managers"] } });
  const { approval_url: quorum } = await play.ask("quorum", { approvers: { users: ["alex", "sam"], required: 2 } });
  await alex.decide(quorum, "approved", "One of two.");
  await sam.decide((await play.ask("denied")).approval_url, "denied", "Not before Monday.");
  await alex.decide((await play.ask("approved")).approval_url, "approved", "Go ahead.");
  for (const name of ["redeemed", "succeeded", "unknown"]) {
    await kim.decide((await play.ask(name)).approval_url, "approved");
    await play.redeem(name);
  }
  await play.report("succeeded", "succeeded");
  await play.report("unknown", "unknown");
  const cancelled = await play.ask("cancelled");
  must(await play.agentOf("cancelled").cancel(cancelled.request_id, "Done by hand meanwhile"), 200);
  await sam.decide((await play.ask("revealed", { reveal: true })).approval_url, "approved");
  await play.ask("stopped", {}, "old-bot");
  await alex.revokeAgent(old.id);

  await expires;
  // Its deadline passes while the service is stopped.
  await play.ask("overdue", { expires_in_seconds: SHORTEST });
  const unsent = await kim.sign((await play.ask("opened")).approval_url, "approved", "Signed before the upgrade.");
  await play.readAll(kim);
  const people = Object.entries({ alex, sam, kim });
  const passkeys = Object.entries({ alex: alex.passkey, sam: sam.passkey, kim: kim.passkey, dana: dana.passkey, robin: robin.passkey });
  return {
    passkeys: Object.fromEntries(await Promise.all(passkeys.map(async ([name, passkey]) => [name, await passkey.keep()] as const))),
    sessions: Object.fromEntries(people.map(([name, { cookie }]) => [name, cookie])),
    invitations: { open, used: robin.link },
    agents: { "release-bot": bot, "old-bot": old },
    proposed_agent: proposed,
    unsent,
    requests: play.requests,
  };
}
