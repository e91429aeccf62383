/** A gate with one person and one agent: asking, signing ahead, waiting, deciding, each with the moment it happened. */
import { setTimeout } from "node:timers/promises";
import { type Agent, Person, signInBody, type Signed } from "#test/support/service/person.ts";
import type { PlatformUse } from "#test/support/service/platform-use.ts";
import { type Answer, send, sockets, toolCall, toolResult, type View } from "./calls.ts";
import { type Running, SETUP_TOKEN, startGate, type Starting } from "./runtime.ts";

/** A request that is listed, open, and signed: the decision is ready to be sent. */
export interface Signable {
  id: string;
  signed: Signed;
}

/** A wait, and when its answer had come in full. */
export interface Waited {
  view: View;
  atMs: number;
}

const PAYLOAD = { service: "api", version: "4.2.0", replicas: 3 };

export class Gate {
  readonly running: Running;
  readonly #person: Person;
  readonly #agent: Agent;
  readonly #sockets = sockets();

  private constructor(running: Running, person: Person, agent: Agent) {
    this.running = running;
    this.#person = person;
    this.#agent = agent;
  }

  /**
   * As it is uploaded, with something `around` it; its heap can be looked at if it is `inspected`. Storage is forgotten, unless there
   * is an empty `folder` for it. Another `script` takes the place of this checkout's.
   */
  static async start({
    around = "observed",
    inspected = false,
    folder = null,
    script = null,
    more = {},
  }: Partial<Starting> = {}): Promise<Gate> {
    const running = await startGate({ around, inspected, folder, script, more });
    const person = await Person.enrolFirst({ origin: running.origin, setupToken: SETUP_TOKEN });
    return new Gate(running, person, await person.makeAgent("bench"));
  }

  get personId(): string {
    return this.#person.id;
  }

  get key(): string {
    return this.#agent.key;
  }

  async stop(): Promise<void> {
    this.#sockets.destroy();
    await this.running.stop();
  }

  /** An MCP server of one's own machine behind the gate, all of its tools accepted. The gate has to be started with `LOOPBACK`. */
  async putBehind(name: string, url: string): Promise<void> {
    await this.#person.addServer({ name, url });
    await this.#person.acceptTools(name);
  }

  publish(source: string): Promise<void> {
    return this.#person.publishPolicy(source);
  }

  /** The key of another agent. */
  async anotherKey(name: string): Promise<string> {
    return (await this.#person.makeAgent(name)).key;
  }

  async ask(more: { idempotency_key?: string } = {}): Promise<View> {
    // The same as one that waits would be that one.
    const args = {
      ...more,
      action: `Deploy api to production, ${crypto.randomUUID()}`,
      payload: PAYLOAD,
      wait_seconds: 0,
      expires_in_seconds: 3_600,
    };
    return toolResult(await this.#call("request_human_approval", args));
  }

  /** Asks; the person opens the page and signs. */
  async askAndSign(): Promise<Signable> {
    const { request_id: id, approval_url } = await this.ask();
    return { id, signed: await this.#person.sign(approval_url, "approved") };
  }

  /** The agent's waiting call; told of progress it may last longer than 50 s. */
  async wait(id: string, seconds: number, toldOfProgress = false): Promise<Waited> {
    const answer = await this.#call("wait_for_approval", { request_id: id, wait_seconds: seconds }, toldOfProgress);
    return { view: toolResult(answer), atMs: performance.now() };
  }

  /** Sends a signed decision; when it was sent, and when its answer had come. */
  async decide({ signed }: Signable): Promise<{ sentMs: number; answeredMs: number }> {
    const sentMs = performance.now();
    await this.#post(signed.path, signed.headers, JSON.stringify(signed.decision));
    return { sentMs, answeredMs: performance.now() };
  }

  /** The page, as somebody who may decide opens it. */
  async openPage({ id, signed }: Signable): Promise<void> {
    await this.#get(`/a/${id}`, signed.headers);
  }

  /** What an open page asks all the time: whether anything has changed. */
  async waitOnPage({ id, signed }: Signable, seconds: number): Promise<void> {
    await this.#get(`/a/${id}/state?wait=${seconds}&seen=${encodeURIComponent(signed.tag)}`, signed.headers);
  }

  async redeem(id: string): Promise<void> {
    toolResult(await this.#call("redeem_approval", { request_id: id, payload: PAYLOAD }));
  }

  async report(id: string): Promise<void> {
    toolResult(await this.#call("report_outcome", { request_id: id, outcome: "succeeded" }));
  }

  async receipt(id: string): Promise<void> {
    await this.#get(`/api/v1/approvals/${id}/receipt`, { "x-api-key": this.#agent.key });
  }

  async inbox(): Promise<void> {
    await this.#get("/", { cookie: this.#person.cookie });
  }

  /** A sign-in that the passkey has answered: what is left is to send it. */
  async beginSignIn(): Promise<() => Promise<void>> {
    const body = JSON.stringify(await signInBody(this.running.origin, this.#person.passkey));
    return async () => {
      await this.#post("/sign-in/finish", { origin: this.running.origin }, body);
    };
  }

  /** What the platform was used for since this was last asked. */
  use(): Promise<PlatformUse> {
    return this.#observed("use");
  }

  /** One waiting call for each of `ids`, once all of them have reached their objects. */
  async beginWaits(ids: readonly string[], seconds: number, { toldOfProgress = false } = {}): Promise<Promise<Waited>[]> {
    const before = await this.#observed<number>("waits");
    const waits = ids.map((id) => this.wait(id, seconds, toldOfProgress));
    while ((await this.#observed<number>("waits")) < before + ids.length) await setTimeout(20);
    return waits;
  }

  /** Makes the object do something, without changing anything. */
  async touch(id: string): Promise<void> {
    await this.wait(id, 0);
  }

  /** What JavaScript holds in the isolate of the Worker and its objects, in MiB. */
  async heapMib(): Promise<number> {
    await this.#observed("collect-garbage");
    return this.running.heapMib();
  }

  /** From now on, so long there and back to D1 and to objects (workers/delayed-gate.ts). */
  delay(ms: number): Promise<number> {
    return this.#observed(`delay?ms=${ms}`);
  }

  /** The trips of `act` that followed one another (workers/delayed-gate.ts). */
  async chainOf(act: () => Promise<unknown>): Promise<string[]> {
    await this.#observed("follow");
    await act();
    return this.#observed("chain");
  }

  /** How often the object of a request has been built so far. */
  builds(id: string): Promise<number> {
    return this.#observed(`builds?id=${id}`);
  }

  /** What the Worker around the script knows. */
  async #observed<Known>(path: string): Promise<Known> {
    return JSON.parse((await this.#get(`/bench/${path}`, {})).text) as Known;
  }

  #call(tool: string, args: object, toldOfProgress = false): Promise<Answer> {
    const { headers, body } = toolCall("2026-07-28", tool, args, toldOfProgress ? "progress" : undefined);
    return this.#post("/mcp", { ...headers, "x-api-key": this.#agent.key }, body);
  }

  #get(path: string, headers: Record<string, string>): Promise<Answer> {
    return this.#answer(send(this.#sockets, "GET", this.running.origin + path, headers));
  }

  #post(path: string, headers: Record<string, string>, body: string): Promise<Answer> {
    return this.#answer(send(this.#sockets, "POST", this.running.origin + path, headers, body));
  }

  async #answer(sent: Promise<Answer>): Promise<Answer> {
    const answer = await sent;
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text.slice(0, 500)}`);
    return answer;
  }
}
