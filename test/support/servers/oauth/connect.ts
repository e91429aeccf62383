/** A person connects a server to an account at its issuer over HTTP, as the pages do it: asked, added, there and back, signed. */
import { type AdminStatement, ceremonyChallenge } from "#countersign/documents/ceremony.ts";
import type { ConnectableServers } from "#api/servers/connection-data.ts";
import type { Person } from "#test/support/service/person.ts";

interface Discovered {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  registration_endpoint: string | null;
  revocation_endpoint: string | null;
  resource: string;
  scope: string | null;
  redirect: "issuer" | "shared";
  redirect_uri: string;
  client: { client_id: string; client_secret: string | null; token_auth: string } | null;
}

/** What a client is given by an operator, where there is no registration. */
export interface GivenClient {
  client_id: string;
  client_secret: string;
  token_auth: "basic" | "post";
}

async function read<T>(answer: Response): Promise<T> {
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`);
  return answer.json() as Promise<T>;
}

export class Connecting {
  readonly #person: Person;
  readonly #origin: string;

  constructor(person: Person, origin: string) {
    this.#person = person;
    this.#origin = origin;
  }

  /** What the server and its issuer say; the gate is registered unless it is given as a client. */
  discover(url: string, register: boolean): Promise<Discovered> {
    return this.#person.post("/admin/servers/discovery", { url, register }).then((answer) => read<Discovered>(answer));
  }

  async add(name: string, url: string, given: GivenClient | null): Promise<void> {
    const draft = { draft: "add", name, url, ...(await this.#asTold(url, given)) };
    await read(await this.#person.post("/api/v1/servers", { authorisation: await this.#sign("/admin/servers/statement", draft) }));
  }

  /** The server as it says now that it is, signed for anew. */
  async change(name: string, url: string): Promise<void> {
    const draft = { draft: "change", server: name, url, ...(await this.#asTold(url, null)) };
    const authorisation = await this.#sign("/admin/servers/statement", draft);
    await read(await this.#person.put(`/api/v1/servers/${name}`, { authorisation }));
  }

  async #asTold(url: string, given: GivenClient | null): Promise<object> {
    const { client, redirect_uri: _, ...told } = await this.discover(url, given === null);
    const { client_id, client_secret, token_auth } = given ?? client ?? { client_id: "", client_secret: null, token_auth: "none" };
    const members = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null));
    const authentication = { kind: "authorization_code", ...members, client_id, token_auth, grants: "shared" };
    const credential = client_secret === null ? {} : { credential: { client_secret } };
    return { authentication, ...credential };
  }

  /** Follows the browser's way to the issuer, which says yes at once, and back; gives the answer of the gate. */
  async goThere(name: string): Promise<Response> {
    const { authorization_url: there } = await read<{ authorization_url: string }>(
      await this.#person.post(`/api/v1/servers/${name}/connect`, {}),
    );
    const back = (await fetch(there, { redirect: "manual" })).headers.get("location") ?? "";
    return this.#person.get(back.replace(this.#origin, ""));
  }

  async connect(name: string): Promise<void> {
    const back = await this.goThere(name);
    if (back.status !== 303) throw new Error(`not connected: ${back.status} ${await back.text()}`);
    const { items } = await read<ConnectableServers>(await this.#person.get("/api/v1/me/servers"));
    const grant = items.find(({ server }) => server.name === name)?.waiting[0]?.id ?? "";
    const authorisation = await this.#sign("/admin/servers/connections/statement", { server: name, grant });
    await read(await this.#person.post(`/api/v1/servers/${name}/grants`, { authorisation }));
  }

  async #sign(path: string, draft: object): Promise<object[]> {
    const { statement } = await read<{ statement: AdminStatement }>(await this.#person.post(path, draft));
    const assertion = await this.#person.passkey.sign({ challenge: ceremonyChallenge(statement), origin: this.#origin });
    return [{ statement, credential_id: this.#person.passkey.credentialId, assertion }];
  }
}
