/** What `/api/v1/servers` takes and answers: schemas, and the types that come from them. Pages and their scripts take the types only. */
import * as z from "zod/mini";
import * as words from "#countersign/documents/words.ts";
import { described, type DocumentOf, fitting } from "../document.ts";
import { proposedSignatures, signatureCount } from "../people-data.ts";

const text = (most: number) => z.string().check(z.minLength(1), z.maxLength(most));
const name = z.string().check(z.maxLength(100));
const hash = z.string().check(z.regex(/^[0-9a-f]{64}$/, "SHA-256 in lowercase hexadecimal"));

/** How the gate shows a server who it is; the credential itself is given apart. */
const givenAuthentication = z.strictObject({
  kind: z.enum(["none", "bearer", "headers", "client_credentials", "authorization_code"]),
  names: z.optional(described(z.array(text(100)).check(z.maxLength(20)), "Of “headers”: those that hold the credential.")),
  token_endpoint: z.optional(described(text(2_000), "Of “client_credentials” (OAuth): where tokens are had.")),
  client_id: z.optional(text(500)),
  scope: z.optional(text(1_000)),
  resource: z.optional(described(text(2_000), "What tokens are asked for (RFC 8707); the server's address if not said.")),
  issuer: z.optional(described(text(2_000), "Of “authorization_code” (OAuth, as a person): who gives tokens.")),
  authorization_endpoint: z.optional(text(2_000)),
  registration_endpoint: z.optional(text(2_000)),
  revocation_endpoint: z.optional(text(2_000)),
  token_auth: z.optional(described(z.enum(["none", "basic", "post"]), "How the client shows itself at the token endpoint.")),
  grants: z.optional(
    described(z.enum(["shared", "owner"]), "Whether all agents call as one person, or each owner's agents as their owner."),
  ),
  redirect: z.optional(
    described(
      z.enum(["issuer", "shared"]),
      "Where people come back to: an address for this issuer alone, or that for all that name themselves.",
    ),
  ),
});
const flag = z.optional(z.boolean());
const givenFeatures = z.strictObject({
  resources: flag,
  prompts: flag,
  completion: flag,
  sampling: flag,
  url_elicitation: flag,
  elicitation: flag,
  roots: flag,
  sessions: z.optional(z.enum(["own", "any"])),
});
const givenLimits = z.strictObject({
  seconds: z.optional(z.int().check(z.gte(1), z.lte(600))),
  result_bytes: z.optional(z.int().check(z.gte(1), z.lte(67_108_864))),
});
const secret = text(8_192);
const givenCredential = z.union([
  z.strictObject({ token: secret }),
  z.strictObject({ headers: z.record(text(100), secret) }),
  z.strictObject({ client_secret: secret }),
]);
export type ServerCredentialBody = z.output<typeof givenCredential> | null | undefined;

const given = {
  url: text(2_048),
  authentication: givenAuthentication,
  credential: z.optional(z.nullable(givenCredential)),
  features: z.optional(givenFeatures),
  limits: z.optional(givenLimits),
};
const pinned = z.strictObject({ name: text(200), pin: hash });

/** What is to be signed: a new server, another one in its place, a credential, what of it may be used, or what another admin has signed for. */
export const serverDraftBody = z.discriminatedUnion("draft", [
  z.strictObject({ draft: z.literal("add"), name, ...given }),
  z.strictObject({ draft: z.literal("change"), server: name, ...given }),
  z.strictObject({ draft: z.literal("credential"), server: name, credential: givenCredential }),
  z.strictObject({ draft: z.literal("tools"), server: name, tools: z.array(pinned).check(z.maxLength(1_000)) }),
  z.strictObject({ draft: z.literal("again"), operation: hash }),
]);
export const serverBody = z.strictObject({ authorisation: z.array(z.unknown()) });

const time = fitting(z.string(), words.time);
const count = fitting(z.int(), words.count);

/** As admins have signed for it; nothing in it is secret. */
const settings = z.looseObject({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  authentication: z.looseObject({
    kind: z.enum(["none", "bearer", "headers", "client_credentials", "authorization_code"]),
    credential_hash: z.nullable(z.string()),
    names: z.optional(z.array(z.string())),
    token_endpoint: z.optional(z.string()),
    client_id: z.optional(z.string()),
    scope: z.optional(z.string()),
    resource: z.optional(z.string()),
    issuer: z.optional(z.string()),
    authorization_endpoint: z.optional(z.string()),
    registration_endpoint: z.optional(z.string()),
    revocation_endpoint: z.optional(z.string()),
    token_auth: z.optional(z.enum(["none", "basic", "post"])),
    grants: z.optional(z.enum(["shared", "owner"])),
    redirect: z.optional(z.enum(["issuer", "shared"])),
  }),
  features: z.looseObject(givenFeatures.shape),
  limits: z.looseObject(givenLimits.shape),
});
export type ShownServer = DocumentOf<typeof settings>;

/** Errors are codes, such as `unreachable` or `status_503`; never what the server wrote. */
const health = z.looseObject({
  listed_at: z.nullable(time),
  era: z.nullable(z.enum(["modern", "legacy"])),
  protocol_version: z.nullable(z.string()),
  server_info: z.nullable(z.looseObject({})),
  last_success_at: z.nullable(time),
  last_error: z.nullable(z.string()),
  last_error_at: z.nullable(time),
  latency_ms: z.nullable(count),
});

export const serverItem = z.looseObject({
  ...settings.shape,
  /** Agents talk to it here. */
  endpoint: z.string(),
  /** Whether there is what its authentication wants: without it calls are `needs_authentication`. */
  has_credential: z.boolean(),
  /** Of “authorization_code”: by which it is called now, of all agents or of each owner's. */
  connections: z.array(
    z.looseObject({
      id: z.string(),
      owner: z.nullable(z.string()),
      account: z.nullable(z.string()),
      made_by: z.looseObject({ id: z.string(), username: z.string() }),
      connected_at: z.nullable(time),
      refused_at: z.nullable(time),
      serves: z.boolean(),
    }),
  ),
  /** Accepted names that it was seen to list otherwise, or not at all, since they were: refused until admins sign. */
  drifted: z.array(z.string()),
  /** Names that it lists and nobody has accepted. */
  unaccepted: z.array(z.string()),
  health: z.nullable(health),
  /** How often it was signed for, and how often its tools were. */
  number: count,
  acceptances: count,
  created_at: time,
  leaf_index: count,
});
export type ServerItem = DocumentOf<typeof serverItem>;

const pinnedName = z.looseObject({ name: z.string(), pin: z.string(), definition: z.looseObject({}) });
/** What one of two admins has signed for. */
const waitingServer = z.looseObject({
  ...proposedSignatures,
  change: z.enum(["server.added", "server.changed", "tools.accepted"]),
  id: z.string(),
  name: z.string(),
  /** Of a server; null of an acceptance. */
  settings: z.nullable(settings),
  tools: z.nullable(z.array(pinnedName)),
  expires_at: time,
});
export type WaitingServer = DocumentOf<typeof waitingServer>;

export const serverList = z.looseObject({
  items: z.array(serverItem),
  waiting: z.array(waitingServer),
  /** Whether credentials can be kept here: it takes a secret that they are sealed with. */
  keeps_credentials: z.boolean(),
});

const definition = z.looseObject({});
const difference = z.looseObject({ member: z.string(), before: z.unknown(), after: z.unknown() });
const finding = z.looseObject({ place: z.string(), what: z.string(), text: z.string() });
const gating = z.looseObject({
  name: z.string(),
  effect: z.enum(["allow", "require_approval", "deny"]),
  /** Whoever calls it and with whatever arguments, if none before it matched. */
  always: z.boolean(),
  /** Whether people could be asked by it, at some time. */
  asks: z.boolean(),
});

export const toolItem = z.looseObject({
  name: z.string(),
  kind: z.enum(["tool", "instructions", "prompt"]),
  state: z.enum(["accepted", "was_otherwise", "new", "changed", "gone", "not_acceptable"]),
  /** Whether agents may call it now. */
  callable: z.boolean(),
  /** As somebody has signed for it; null if nobody has. */
  accepted: z.nullable(z.looseObject({ pin: z.string(), definition })),
  /** As the server lists it now, where it can be accepted. */
  listed: z.nullable(z.looseObject({ pin: z.string(), definition })),
  problem: z.nullable(z.looseObject({ code: z.string(), message: z.string() })),
  differences: z.array(difference),
  /** What reads like an instruction to the model, hides, or speaks of another tool. */
  findings: z.array(finding),
  /** Clients that such a name breaks; null for none. */
  warning: z.nullable(z.string()),
  /** Whether the policy in force could hold a call of it for a person. */
  marked: z.boolean(),
  /** Rules of the policy in force that may decide a call of it, in their order. */
  rules: z.array(gating),
  /** What it is taken for, by name, schema and hints; and a rule for it. Null of what is no tool. */
  proposal: z.nullable(z.looseObject({ class: z.string(), rule: z.string() })),
});
export type ToolItem = DocumentOf<typeof toolItem>;

export const toolList = z.looseObject({
  server: z.looseObject({ id: z.string(), name: z.string() }),
  listed_at: z.nullable(time),
  /** The version of the policy by which rules are told; 0 if none was published. */
  policy: count,
  items: z.array(toolItem),
});

const made = { id: z.string(), name: z.string() };
export const madeServer = z.looseObject(made);
export const awaitingServer = z.looseObject({ ...made, ...signatureCount.shape });
/** How a server was listed; `code` says what went wrong, null if nothing. */
export const refreshedServer = z.looseObject({ listed: z.boolean(), code: z.nullable(z.string()) });
