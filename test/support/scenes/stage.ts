/** What pages show when they are looked at: people, agents, and a request in every state, made over the routes of a new service. */
import { setTimeout as wait } from "node:timers/promises";
import { type Agent, joinWith, Person } from "#test/support/service/person.ts";
import { type ApprovalView, RestAgent } from "#test/support/rest-agent.ts";
import type { Service } from "#test/support/service/service.ts";
import { LARGE, OF_MANY_SORTS, ORDINARY, POLICY, RIGHT_TO_LEFT } from "./stage-texts.ts";

/** The shortest that a request may wait. */
const SHORTEST_SECONDS = 30;
const A_DAY = 86_400;

/** Who plays: an admin who approves, an approver, one whom nobody asks for anything, and an auditor. */
export type Player = "alex" | "sam" | "lee" | "kim";

/** What of a service the stage is set in. */
export type Stand = Pick<Service, "origin" | "setupToken">;

/** Somebody invited, who made a passkey and whom the first admin confirmed. */
async function admit(alex: Person, origin: string, invitation: { username: string; roles: string[]; groups?: string[] }, name: string) {
  const passkey = await joinWith(await alex.invite(invitation), invitation.username, name);
  const signed = await alex.signForPasskey(passkey);
  if (signed.status !== 200) throw new Error(`${invitation.username} is not in: ${signed.status} ${await signed.text()}`);
  return Person.signIn(origin, passkey);
}

async function must(answer: Promise<{ status: number; view: ApprovalView }>): Promise<ApprovalView> {
  const { status, view } = await answer;
  if (status >= 300) throw new Error(`${status}: ${JSON.stringify(view)}`);
  return view;
}

export class Stage {
  readonly origin: string;
  readonly people: Readonly<Record<Player, Person>>;
  /** An invitation that nobody has used. */
  readonly invitation: string;
  readonly #agents: Readonly<Record<"release" | "old", Agent>>;
  readonly #rest: RestAgent;
  /** Agents of which nothing was denied, so that nothing of theirs waits for that. */
  readonly dataBot: RestAgent;
  readonly hastyBot: RestAgent;
  readonly #requests = new Map<string, ApprovalView>();
  readonly #dueAt = new Map<string, number>();

  private constructor(
    origin: string,
    people: Record<Player, Person>,
    invitation: string,
    agents: Record<"release" | "data" | "hasty" | "old", Agent>,
  ) {
    this.origin = origin;
    this.people = people;
    this.invitation = invitation;
    this.#agents = agents;
    this.#rest = new RestAgent(origin, agents.release.key);
    this.dataBot = new RestAgent(origin, agents.data.key);
    this.hastyBot = new RestAgent(origin, agents.hasty.key);
  }

  static async set({ origin, setupToken }: Stand): Promise<Stage> {
    const alex = await Person.enrolFirst({ origin, setupToken });
    const sam = await admit(alex, origin, { username: "sam", roles: ["approver"], groups: ["release"] }, "Sam Okafor");
    const lee = await admit(alex, origin, { username: "lee", roles: ["approver"] }, "Lee Marsh");
    const kim = await admit(alex, origin, { username: "kim", roles: ["auditor"] }, "Kim Lindqvist");
    await joinWith(await alex.invite({ username: "robin", roles: ["approver"], groups: ["release"] }), "robin", "Robin Vega");
    const invitation = await alex.invite({ username: "noor", roles: ["approver", "auditor"] });
    await alex.publishPolicy(POLICY);
    const release = await alex.makeAgent("release-bot");
    const data = await alex.makeAgent("data-bot");
    const hasty = await alex.makeAgent("hasty-bot");
    const old = await alex.makeAgent("nightly-cleanup");
    await alex.post(`/api/v1/agents/${old.id}/stop`, { reason: "It asks for the same thing every minute." });
    await alex.addServer({ name: "tickets", url: "https://tickets.example.com/mcp" });
    await alex.makeConnector("office", "tickets");
    const stage = new Stage(origin, { alex, sam, lee, kim }, invitation, { release, data, hasty, old });
    await stage.#askForAll();
    return stage;
  }

  /** The address of the page of an agent: one that runs, and one that is stopped. */
  agentPage = (which: "release" | "old"): string => `/admin/agents/${this.#agents[which].id}`;

  /** The address of a request by its name here. */
  approval = (name: string): string => `/a/${this.request(name).request_id}`;

  request(name: string): ApprovalView {
    const found = this.#requests.get(name);
    if (found === undefined) throw new Error(`nobody has asked for ${name}`);
    return found;
  }

  /** Everything is stopped from then on. */
  async stopEverything(): Promise<void> {
    const answer = await this.people.alex.post("/api/v1/stop", { reason: "Something asks in our name." });
    if (!answer.ok) throw new Error(`it is not stopped: ${answer.status} ${await answer.text()}`);
  }

  /** The code of a command line that waits to be let in. */
  async pairingCode(): Promise<string> {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name: "laptop of alex" }) };
    const answer = await fetch(`${this.origin}/api/v1/command-line/pairings`, init);
    return ((await answer.json()) as { user_code: string }).user_code;
  }

  receiptOf = (name: string): Promise<string> => this.#rest.receipt(this.request(name).request_id);

  /** Asks for something that is decided or left while one looks. */
  async ask(name: string, ask: Record<string, unknown> = {}, agent = this.#rest): Promise<ApprovalView> {
    const seconds = { expires_in_seconds: A_DAY, ...ask }["expires_in_seconds"];
    const view = await must(
      agent.ask({
        action: `Deploy api 4.2.${this.#requests.size} to staging`,
        reason: "Ticket 4711: customers cannot close their accounts until this is out.",
        payload: ORDINARY,
        approvers: { users: ["alex", "sam"] },
        idempotency_key: crypto.randomUUID(),
        ...ask,
        expires_in_seconds: seconds,
      }),
    );
    this.#requests.set(name, view);
    this.#dueAt.set(name, Date.parse(view.expires_at));
    return view;
  }

  /** The same, and where it is. */
  askAt = async (...ask: Parameters<Stage["ask"]>): Promise<string> => {
    await this.ask(...ask);
    return this.approval(ask[0]);
  };

  /** Resolves when the time of that request is over. */
  async overdue(name: string): Promise<void> {
    await wait(Math.max(0, (this.#dueAt.get(name) ?? 0) - Date.now() + 3_000));
  }

  /** As the agent is told of it. */
  read = async (name: string): Promise<ApprovalView> => must(this.#rest.read(this.request(name).request_id));

  /** The agent answers what a person has asked. */
  answer = (name: string, text: string): Promise<ApprovalView> => must(this.#rest.answer(this.request(name).request_id, text));

  cancel = (name: string): Promise<ApprovalView> => must(this.#rest.cancel(this.request(name).request_id, "Done by hand meanwhile"));

  async #askForAll(): Promise<void> {
    const { alex, sam } = this.people;
    const decide = async (name: string, who: Person, verdict: "approved" | "denied", comment: string): Promise<void> =>
      who.decide(this.request(name).approval_url, verdict, comment);
    await this.ask("expired", { expires_in_seconds: SHORTEST_SECONDS, action: "Rotate the key of the payment gateway" });
    await this.ask("pending");
    await this.ask("of-high-risk", { action: "Deploy api to production", payload: { ...ORDINARY, environment: "production" } });
    await this.ask("hostile", {
      action: "Approve \u202Eyadot\u202C <b>everything</b> for раураl.com",
      reason: "As agreed\u200B with <script>alert(1)</script>\n\n\nThe administrators have approved this already.",
      payload: OF_MANY_SORTS,
    });
    await this.ask("right-to-left", RIGHT_TO_LEFT);
    await this.ask("large", { action: "Delete 400 accounts that nobody has used for two years", payload: LARGE, reason: "" });
    await this.ask("signed-one", { action: "Restart the database of accounts", approvers: { users: ["alex", "sam"], required: 2 } });
    await decide("signed-one", alex, "approved", "Backup is from this morning.");
    await this.ask("approved", { action: "Send the October invoices" });
    await decide("approved", sam, "approved", "Checked against the list of October.");
    await this.ask("denied", { action: "Drop the table of sessions" });
    await decide("denied", sam, "denied", "Not before Monday, and not without a backup.");
    await this.ask("used", { action: "Send the September invoices" });
    await decide("used", alex, "approved", "");
    await must(this.#rest.redeem(this.request("used").request_id, ORDINARY));
    await must(this.#rest.report(this.request("used").request_id, "succeeded"));
    await this.ask("cancelled", { action: "Scale api to thirty replicas" });
    await this.cancel("cancelled");
    await this.ask("of-sam", { action: "Archive the logs of March", approvers: { users: ["sam"] } });
  }
}
