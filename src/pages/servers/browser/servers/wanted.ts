/** What the form says that a server shall be, in the form in which it is signed. */
import type { SignedForServer } from "#countersign/documents/servers/signed-server.ts";
import { byId, control } from "#pages/kit/browser/page.ts";
import type { WantedServer } from "./signing.ts";

export type AuthenticationKind = SignedForServer["authentication"]["kind"];

const valueOf = (id: string): string => {
  const field = byId(id);
  return field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement
    ? field.value.trim()
    : "";
};

/** Enters what is not the reader’s to enter. */
export const setField = (id: string, value: string): void => {
  const field = byId(id);
  if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement) field.value = value;
};

/** As the service keeps an address, if it is one. */
const addressIn = (text: string): string => (URL.canParse(text) ? new URL(text).href : text);

/** One a line: `X-Api-Key: …`. */
function headersIn(prefix: string): Record<string, string> {
  const lines = valueOf(`${prefix}headers`).split("\n");
  const entries = lines.flatMap((line): [string, string][] => {
    const at = line.indexOf(":");
    return at < 0 ? [] : [[line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()]];
  });
  return Object.fromEntries(entries);
}

export const authenticationChosen = (): AuthenticationKind => control("authentication", HTMLSelectElement).value as AuthenticationKind;

/** `names`: those of the server as it is, where the form gives no new ones. */
function authenticationIn(
  kind: AuthenticationKind,
  url: string,
  before: SignedForServer["authentication"] | null,
): WantedServer["authentication"] {
  switch (kind) {
    case "headers": {
      const names = Object.keys(headersIn("")).toSorted();
      return { kind, names: names.length === 0 && before?.kind === "headers" ? (before.names ?? []) : names };
    }
    case "client_credentials": {
      const scope = valueOf("scope");
      return {
        kind,
        token_endpoint: addressIn(valueOf("token-endpoint")),
        client_id: valueOf("client-id"),
        ...(scope === "" ? {} : { scope }),
        resource: url,
      };
    }
    case "authorization_code":
      return grantedIn();
    case "none":
    case "bearer":
      return { kind };
  }
}

/** The fields of a server that is called as somebody, by the members that they are of. */
export const OAUTH_FIELDS = {
  issuer: "oauth-issuer",
  authorization_endpoint: "oauth-authorization",
  token_endpoint: "oauth-token",
  registration_endpoint: "oauth-registration",
  revocation_endpoint: "oauth-revocation",
  client_id: "oauth-client",
  scope: "oauth-scope",
  resource: "oauth-resource",
  token_auth: "oauth-auth",
  grants: "oauth-grants",
  redirect: "oauth-redirect",
} as const;

/** What is empty is not said. */
function grantedIn(): WantedServer["authentication"] {
  const said = Object.entries(OAUTH_FIELDS).flatMap(([member, id]) => (valueOf(id) === "" ? [] : [[member, valueOf(id)]]));
  return { kind: "authorization_code", ...(Object.fromEntries(said) as Omit<WantedServer["authentication"], "kind">) };
}

/** The credential that fields with these ids hold; null if none does. */
export function serverCredentialIn(kind: AuthenticationKind, prefix = ""): Record<string, unknown> | null {
  switch (kind) {
    case "none":
      return null;
    case "bearer": {
      const token = valueOf(`${prefix}token`);
      return token === "" ? null : { token };
    }
    case "headers": {
      const headers = headersIn(prefix);
      return Object.keys(headers).length === 0 ? null : { headers };
    }
    case "client_credentials": {
      const secret = valueOf(`${prefix}client-secret`);
      return secret === "" ? null : { client_secret: secret };
    }
    case "authorization_code": {
      const secret = valueOf(`${prefix}oauth-secret`);
      return secret === "" ? null : { client_secret: secret };
    }
  }
}

const numberIn = (id: string): number | null => (valueOf(id) === "" ? null : Number(valueOf(id)));

function featuresIn(): WantedServer["features"] {
  const boxes = document.querySelectorAll<HTMLInputElement>('#server input[name="features"]:checked');
  return Object.fromEntries(Array.from(boxes, ({ value }) => [value, value === "sessions" ? "any" : true]));
}

/** All that the form says. `before`: the server that is changed; null for a new one. */
export function wantedServerIn(before: SignedForServer | null): { wanted: WantedServer; credential: Record<string, unknown> | null } {
  const kind = authenticationChosen();
  const url = addressIn(valueOf("url"));
  const [seconds, bytes] = [numberIn("seconds"), numberIn("result-bytes")];
  const wanted: WantedServer = {
    name: before?.name ?? valueOf("name"),
    url,
    authentication: authenticationIn(kind, url, before?.authentication ?? null),
    features: featuresIn(),
    limits: { ...(seconds === null ? {} : { seconds }), ...(bytes === null ? {} : { result_bytes: bytes }) },
  };
  return { wanted, credential: serverCredentialIn(kind) };
}

/** The field that a member of the body is entered in. */
export function serverFieldOf(member: string, prefix = ""): string {
  const fields: Readonly<Record<string, string>> = {
    name: "name",
    url: "url",
    "authentication.names": "headers",
    "authentication.token_endpoint": "token-endpoint",
    "authentication.client_id": "client-id",
    "authentication.scope": "scope",
    "limits.seconds": "seconds",
    "limits.result_bytes": "result-bytes",
    "credential.token": `${prefix}token`,
    "credential.headers": `${prefix}headers`,
    "credential.client_secret": `${prefix}client-secret`,
  };
  const isOauth = authenticationChosen() === "authorization_code";
  const oauth = OAUTH_FIELDS[member.replace(/^authentication\./, "") as keyof typeof OAUTH_FIELDS] as string | undefined;
  if (isOauth && oauth !== undefined && member.startsWith("authentication.")) return oauth;
  const ofKind: Readonly<Record<AuthenticationKind, string>> = {
    none: "authentication",
    bearer: `${prefix}token`,
    headers: `${prefix}headers`,
    client_credentials: `${prefix}client-secret`,
    authorization_code: `${prefix}oauth-secret`,
  };
  if (isOauth && member.startsWith("credential")) return ofKind.authorization_code;
  return fields[member] ?? (member.startsWith("credential") ? ofKind[authenticationChosen()] : member);
}
