/** A person with a passkey in software, who does over HTTP what the pages' scripts do in a browser. */
import { fromB64u } from "../../src/core/bytes.ts";
import { type AdminStatement, ceremonyChallenge } from "../../src/core/ceremony.ts";
import { buildStatement, decisionChallenge, type Verdict } from "../../src/core/statement.ts";
import { type ApprovalPageData, DATA_BLOCK_ID } from "../../src/pages/approval-page-data.ts";
import type { Service } from "./service.ts";
import { SoftwarePasskey } from "./software-passkey.ts";

/** An agent, with the key it calls with. */
export interface Agent {
  id: string;
  name: string;
  key: string;
}

/** A decision that is signed and not sent yet. */
export interface Signed {
  /** Of the state that the page showed. */
  tag: string;
  path: string;
  headers: { cookie: string; origin: string };
  decision: object;
}

export class Person {
  readonly id: string;
  readonly #origin: string;
  readonly #passkey: SoftwarePasskey;
  readonly #cookie: string;

  private constructor(id: string, origin: string, passkey: SoftwarePasskey, cookie: string) {
    this.id = id;
    this.#origin = origin;
    this.#passkey = passkey;
    this.#cookie = cookie;
  }

  /** The first person of a service that has none yet, signed in. */
  static async enrolFirst({ origin, setupToken }: Pick<Service, "origin" | "setupToken">, username = "alex"): Promise<Person> {
    const introduction = { token: setupToken, username, display_name: "Alex Example" };
    interface Offer {
      options: { challenge: string };
      nonce: string;
      person: string;
    }
    const { options, nonce, person } = await read<Offer>(await post(`${origin}/setup/options`, introduction));
    const passkey = await SoftwarePasskey.create({ person });
    const response = await passkey.register({ challenge: fromB64u(options.challenge) ?? new Uint8Array(), origin });
    const finished = await post(`${origin}/setup/finish`, { ...introduction, nonce, person, response });
    const cookie = finished.headers.get("set-cookie")?.split(";")[0];
    if (cookie === undefined) throw new Error(`not enrolled: ${finished.status} ${await finished.text()}`);
    return new Person(person, origin, passkey, cookie);
  }

  /** Makes an agent, signed as it should be. */
  async makeAgent(name: string): Promise<Agent> {
    const { statement } = await read<{ statement: AdminStatement }>(await this.#post("/admin/agents/statement", { name }));
    const assertion = await this.#passkey.sign({ challenge: ceremonyChallenge(statement), origin: this.#origin });
    const authorisation = [{ statement, credential_id: this.#passkey.credentialId, assertion }];
    return read<Agent>(await this.#post("/api/v1/agents", { name, authorisation }));
  }

  /** Opens the page of a request and signs what it shows; `decision` is what the page would then send. */
  async sign(approvalUrl: string, verdict: Verdict, comment = ""): Promise<Signed> {
    const page = await (await fetch(approvalUrl, { headers: { cookie: this.#cookie } })).text();
    const block = new RegExp(`id="${DATA_BLOCK_ID}"[^>]*>(.*?)</script>`, "s").exec(page)?.[1];
    if (block === undefined) throw new Error(`no data block: ${page.slice(0, 300)}`);
    const data = JSON.parse(block) as ApprovalPageData;
    const draft = { verdict, approver: data.person, comment, commentSalt: data.comment_salt, nonce: data.nonce };
    const challenge = decisionChallenge(buildStatement(data.request, draft));
    const assertion = await this.#passkey.sign({ challenge, origin: this.#origin });
    const decision = { nonce: data.nonce, verdict, comment, credential_id: this.#passkey.credentialId, assertion };
    const headers = { cookie: this.#cookie, origin: this.#origin };
    return { tag: data.state.tag, path: `${new URL(approvalUrl).pathname}/decision`, headers, decision };
  }

  /** Opens the page of a request, signs what it shows, and sends that. */
  async decide(approvalUrl: string, verdict: Verdict, comment = ""): Promise<void> {
    const { path, decision } = await this.sign(approvalUrl, verdict, comment);
    await read(await this.#post(path, decision));
  }

  #post(path: string, body: unknown): Promise<Response> {
    return post(`${this.#origin}${path}`, body, { cookie: this.#cookie });
  }
}

const post = (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", origin: new URL(url).origin, ...headers },
    body: JSON.stringify(body),
  });

/** The JSON of an answer that is no refusal. */
async function read<T>(answer: Response): Promise<T> {
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`);
  return answer.json() as Promise<T>;
}
