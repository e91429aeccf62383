/** Signing for servers and their tools: only what says exactly what this page shows. Pins are made here, of the descriptions that are shown. */
import { canonicalize, type JsonObject } from "#countersign/json/canonical-json.ts";
import { type SignedForServer, signedForServerShape } from "#countersign/documents/servers/signed-server.ts";
import { toolPin } from "#countersign/documents/tool-pin.ts";
import { list, object, type Of, text } from "#countersign/json/shape.ts";
import { hash, serverId } from "#countersign/documents/words.ts";
import { signedServerShape } from "#api/servers/server-shapes.ts";
import { post, type Problem, put } from "#pages/kit/browser/post.ts";
import { authorise } from "#pages/signatures/browser/admin-signature.ts";
import { serversScriptTexts as texts } from "#texts/browser/servers.ts";

const serverParameters = object({ server: signedForServerShape });
const toolsParameters = object({
  server: object({ id: serverId, name: text(1) }),
  tools: list(object({ name: text(1), pin: hash })),
});

type Body = Readonly<Record<string, unknown>>;

/** What a server shall be, but for its id and its sealed credential, which the service makes. */
export interface WantedServer {
  name: string;
  url: string;
  authentication: Omit<SignedForServer["authentication"], "credential_hash">;
  features: SignedForServer["features"];
  limits: SignedForServer["limits"];
}

/** What becomes of the credential: `given` anew, dropped or never there, or the one that is kept, by its hash. */
export type Credential = "given" | "none" | { kept: string };

export interface ServerToSign {
  change: "server.added" | "server.changed";
  /** Null of a new one, whose id the service chooses. */
  id: string | null;
  wanted: WantedServer;
  credential: Credential;
  body: Body;
  /** Where the signature is sent. */
  path: string;
}

type Outcome = { waits: boolean } | { told: string };

async function send(method: "POST" | "PUT", path: string, authorisation: unknown, explain: (problem: Problem) => string): Promise<Outcome> {
  const answer =
    method === "POST" ? await post(path, { authorisation }, signedServerShape) : await put(path, { authorisation }, signedServerShape);
  if (answer.ok) return { waits: answer.value.signatures !== undefined };
  return { told: answer.refusal.isKnown ? explain(answer.refusal) : texts.signing.notKnown };
}

function isCredential(found: string | null, wanted: Credential): boolean {
  if (wanted === "none") return found === null;
  return wanted === "given" ? found !== null : found === wanted.kept;
}

/** Asks for the statement, checks it, signs and sends. Gives whether another admin has to sign, or what to tell; empty if fields say it. */
export async function signForServer(toSign: ServerToSign, admin: string, explain: (problem: Problem) => string): Promise<Outcome> {
  const { change, id, wanted, credential, body, path } = toSign;
  const isShown = ({ server }: Of<typeof serverParameters>): boolean => {
    const { credential_hash: found, ...authentication } = server.authentication;
    return (
      server.id === (id ?? server.id) &&
      isCredential(found, credential) &&
      canonicalize({ ...wanted }) ===
        canonicalize({ name: server.name, url: server.url, authentication, features: server.features, limits: server.limits })
    );
  };
  const asked = { path: "/admin/servers/statement", body, operation: change, parameters: serverParameters, isShown, admin };
  const authorised = await authorise(asked, explain);
  if (!authorised.ok) return { told: authorised.refusal };
  return send(change === "server.added" ? "POST" : "PUT", path, authorised.value, explain);
}

/** As the second admin, for settings that this page shows whole. */
export async function signForServerAgain(
  server: SignedForServer,
  change: ServerToSign["change"],
  operation: string,
  admin: string,
): Promise<Outcome> {
  const isShown = (said: Of<typeof serverParameters>): boolean => canonicalize(said.server) === canonicalize(server);
  const body = { draft: "again", operation };
  const asked = { path: "/admin/servers/statement", body, operation: change, parameters: serverParameters, isShown, admin };
  const authorised = await authorise(asked);
  if (!authorised.ok) return { told: authorised.refusal };
  const isNew = change === "server.added";
  return send(
    isNew ? "POST" : "PUT",
    isNew ? "/api/v1/servers" : `/api/v1/servers/${server.name}`,
    authorised.value,
    ({ detail }) => detail,
  );
}

/** What is accepted, by the descriptions that the page shows. */
export interface ShownTool {
  name: string;
  definition: JsonObject;
}

/** Their pins, in the one order in which they are signed. */
export const pinsOf = (tools: readonly ShownTool[]): { name: string; pin: string }[] =>
  tools
    .map(({ name, definition }) => ({ name, pin: toolPin(definition) }))
    .toSorted((one, other) => (one.name < other.name ? -1 : Number(one.name > other.name)));

/** Signs for just these. `operation`: what another admin has signed for already; null for a draft of one's own. */
export async function signForTools(
  server: { id: string; name: string },
  tools: readonly ShownTool[],
  operation: string | null,
  admin: string,
): Promise<Outcome> {
  const pins = pinsOf(tools);
  const isShown = (said: Of<typeof toolsParameters>): boolean => canonicalize(said) === canonicalize({ server, tools: pins });
  const body = operation === null ? { draft: "tools", server: server.name, tools: pins } : { draft: "again", operation };
  const asked = { path: "/admin/servers/statement", body, operation: "tools.accepted", parameters: toolsParameters, isShown, admin };
  const authorised = await authorise(asked);
  if (!authorised.ok) return { told: authorised.refusal };
  return send("POST", `/api/v1/servers/${server.name}/tools`, authorised.value, ({ detail }) => detail);
}
