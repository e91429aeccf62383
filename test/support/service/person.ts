/** A person with a passkey in software, who does over HTTP what the pages' scripts do in a browser. */
import { fromB64u } from "#countersign/encoding/bytes.ts";
import { type AdminStatement, ceremonyChallenge } from "#countersign/documents/ceremony.ts";
import { buildStatement, decisionChallenge, type Verdict } from "#countersign/documents/statement.ts";
import { type ApprovalPageData, DATA_BLOCK_ID } from "#api/approval-page-data.ts";
import type { Service } from "./service.ts";
import { SoftwarePasskey } from "#countersign/testing/software-passkey.ts";

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
  readonly passkey: SoftwarePasskey;
  /** Of the session, `name=value`. */
  readonly cookie: string;
  readonly #origin: string;

  /** Somebody whose session is open already. */
  constructor(id: string, origin: string, passkey: SoftwarePasskey, cookie: string) {
    this.id = id;
    this.#origin = origin;
    this.passkey = passkey;
    this.cookie = cookie;
  }

  /** The first person of a service that has none yet, signed in. */
  static async enrolFirst({ origin, setupToken }: Pick<Service, "origin" | "setupToken">, username = "alex"): Promise<Person> {
    const introduction = { token: setupToken, username, display_name: "Alex Example" };
    const { passkey, nonce, response } = await registerFor(await post(`${origin}/setup/options`, introduction));
    const { person } = passkey;
    const finished = await post(`${origin}/setup/finish`, { ...introduction, nonce, person, response });
    return new Person(person, origin, passkey, await cookieOf(finished));
  }

  /** Signs in. */
  static async signIn(origin: string, passkey: SoftwarePasskey): Promise<Person> {
    const finished = await trySignIn(origin, passkey);
    return new Person(passkey.person, origin, passkey, await cookieOf(finished));
  }

  /** Makes an agent, signed as it should be. */
  async makeAgent(name: string): Promise<Agent> {
    return read<Agent>(await this.signForAgent(name));
  }

  /** Signs for a new agent, or for one that another admin has signed for; the answer tells whether that was enough. */
  async signForAgent(name: string, id?: string): Promise<Response> {
    const authorisation = await this.#authorise("/admin/agents/statement", { name, ...(id === undefined ? {} : { id }) });
    return this.post("/api/v1/agents", { name, authorisation });
  }

  /** Signs for a passkey that waits; the answer tells whether that was enough. */
  async signForPasskey({ person, credentialId }: Pick<SoftwarePasskey, "person" | "credentialId">): Promise<Response> {
    const operation = { operation: "passkey.enrolled", credential_id: credentialId };
    const authorisation = await this.#authorise("/admin/people/statement", operation);
    return this.post(`/api/v1/people/${person}/passkeys/${credentialId}/confirm`, { authorisation });
  }

  /** Puts an MCP server behind the gate, signed as it should be. */
  async addServer(server: {
    name: string;
    url: string;
    authentication?: object;
    credential?: object;
    features?: object;
    limits?: object;
  }): Promise<void> {
    const draft = { draft: "add", authentication: { kind: "none" }, ...server };
    const authorisation = await this.#authorise("/admin/servers/statement", draft);
    await read(await this.post("/api/v1/servers", { authorisation }));
  }

  /** Makes a connector, the way to the server of that name, signed as it should be. */
  async makeConnector(name: string, server: string): Promise<{ id: string; key: string }> {
    const authorisation = await this.#authorise("/admin/connectors/statement", { name, server });
    return read<{ id: string; key: string }>(await this.post("/api/v1/connectors", { name, server, authorisation }));
  }

  revokeConnector(id: string): Promise<void> {
    return this.#delete(`/api/v1/connectors/${id}`);
  }

  /** Accepts all that a server lists that can be accepted, but what `without` names. */
  async acceptTools(server: string, without: readonly string[] = []): Promise<void> {
    const { items } = await read<{ items: { name: string; listed: { pin: string } | null }[] }>(
      await this.get(`/api/v1/servers/${server}/tools`),
    );
    const tools = items.flatMap(({ name, listed }) => (listed === null || without.includes(name) ? [] : [{ name, pin: listed.pin }]));
    const authorisation = await this.#authorise("/admin/servers/statement", { draft: "tools", server, tools });
    await read(await this.post(`/api/v1/servers/${server}/tools`, { authorisation }));
  }

  /** Publishes a policy, signed as it should be. */
  async publishPolicy(source: string, basedOn = 0): Promise<void> {
    const draft = { source, based_on: basedOn };
    const authorisation = await this.#authorise("/admin/policy/statement", draft);
    await read(await this.post("/api/v1/policies", { ...draft, authorisation }));
  }

  /** The link that invites somebody. */
  async invite(invitation: { username: string; roles: string[]; groups?: string[] }): Promise<string> {
    return (await read<{ url: string }>(await this.post("/api/v1/invites", invitation))).url;
  }

  /** Revokes somebody's passkey, or discards it while it waits. */
  revoke({ person, credentialId }: SoftwarePasskey): Promise<void> {
    return this.#delete(`/api/v1/people/${person}/passkeys/${credentialId}`);
  }

  revokeAgent(id: string): Promise<void> {
    return this.#delete(`/api/v1/agents/${id}`);
  }

  async #delete(path: string): Promise<void> {
    const headers = { cookie: this.cookie, origin: this.#origin };
    const answer = await fetch(`${this.#origin}${path}`, { method: "DELETE", headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }

  async #authorise(path: string, draft: object): Promise<object[]> {
    const { statement } = await read<{ statement: AdminStatement }>(await this.post(path, draft));
    const assertion = await this.passkey.sign({ challenge: ceremonyChallenge(statement), origin: this.#origin });
    return [{ statement, credential_id: this.passkey.credentialId, assertion }];
  }

  /** `GET` of a page or of JSON, signed in. */
  get(path: string): Promise<Response> {
    return fetch(`${this.#origin}${path}`, { headers: { cookie: this.cookie }, redirect: "manual" });
  }

  /** Opens the page of a request and signs what it shows; `decision` is what the page would then send. */
  async sign(approvalUrl: string, verdict: Verdict, comment = ""): Promise<Signed> {
    const page = await (await fetch(approvalUrl, { headers: { cookie: this.cookie } })).text();
    const block = new RegExp(`id="${DATA_BLOCK_ID}"[^>]*>(.*?)</script>`, "s").exec(page)?.[1];
    if (block === undefined) throw new Error(`no data block: ${page.slice(0, 300)}`);
    const data = JSON.parse(block) as ApprovalPageData;
    const draft = { verdict, approver: data.person, comment, commentSalt: data.comment_salt, nonce: data.nonce };
    const challenge = decisionChallenge(buildStatement(data.request, draft));
    const assertion = await this.passkey.sign({ challenge, origin: this.#origin });
    const decision = { nonce: data.nonce, verdict, comment, credential_id: this.passkey.credentialId, assertion };
    const headers = { cookie: this.cookie, origin: this.#origin };
    return { tag: data.state.tag, path: `${new URL(approvalUrl).pathname}/decision`, headers, decision };
  }

  /** Opens the page of a request, signs what it shows, and sends that. */
  async decide(approvalUrl: string, verdict: Verdict, comment = ""): Promise<void> {
    const { path, decision } = await this.sign(approvalUrl, verdict, comment);
    await read(await this.post(path, decision));
  }

  /** `PUT` of JSON, signed in. */
  put(path: string, body: unknown): Promise<Response> {
    const headers = { cookie: this.cookie, origin: this.#origin, "content-type": "application/json" };
    return fetch(`${this.#origin}${path}`, { method: "PUT", headers, body: JSON.stringify(body) });
  }

  /** `POST` of JSON, signed in. */
  post(path: string, body: unknown): Promise<Response> {
    return post(`${this.#origin}${path}`, body, { cookie: this.cookie });
  }
}

/** Makes a passkey with an invitation. It waits until admins have signed for it. */
export async function joinWith(inviteUrl: string, username: string, displayName: string): Promise<SoftwarePasskey> {
  const { origin, hash } = new URL(inviteUrl);
  const introduction = { code: hash.slice(1), username, display_name: displayName };
  const { passkey, nonce, response } = await registerFor(await post(`${origin}/enrol/options`, introduction));
  await read(await post(`${origin}/enrol/finish`, { ...introduction, nonce, person: passkey.person, response }));
  return passkey;
}

/** What finishes a sign-in: the passkey's answer to the service's offer. */
export async function signInBody(origin: string, passkey: SoftwarePasskey): Promise<object> {
  const { options, nonce } = await read<Omit<Offer, "person">>(await post(`${origin}/sign-in/options`, {}));
  return { nonce, response: await passkey.authenticate({ challenge: challengeOf(options), origin }) };
}

/** Signs in, or is refused. */
export const trySignIn = async (origin: string, passkey: SoftwarePasskey): Promise<Response> =>
  post(`${origin}/sign-in/finish`, await signInBody(origin, passkey));

interface Offer {
  options: { challenge: string };
  nonce: string;
  person: string;
}
const challengeOf = ({ challenge }: Offer["options"]): Uint8Array => fromB64u(challenge) ?? new Uint8Array();

/** A new passkey, and its registration as an offer of the service asks for it. */
async function registerFor(offer: Response) {
  const { options, nonce, person } = await read<Offer>(offer);
  const passkey = await SoftwarePasskey.create({ person });
  const { origin } = new URL(offer.url);
  return { passkey, nonce, response: await passkey.register({ challenge: challengeOf(options), origin }) };
}

async function cookieOf(answer: Response): Promise<string> {
  const cookie = answer.headers.get("set-cookie")?.split(";")[0];
  if (cookie === undefined) throw new Error(`no session: ${answer.status} ${await answer.text()}`);
  return cookie;
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
