/** The form that adds a server, and changes one. */
import type { SignedForServer } from "#countersign/documents/servers/signed-server.ts";
import { byId, control, explainFields, onChosen, onSubmit, tell, tellField } from "#pages/kit/browser/page.ts";
import { serversScriptTexts as texts } from "#texts/browser/servers.ts";
import { bindDiscovery } from "./discovery.ts";
import { type Credential, signForServer, type WantedServer } from "./signing.ts";
import { OAUTH_FIELDS, serverFieldOf, setField as set, authenticationChosen, type AuthenticationKind, wantedServerIn } from "./wanted.ts";

const KINDS: readonly AuthenticationKind[] = ["bearer", "headers", "client_credentials", "authorization_code"];

/** The fields of one kind of credential, with ids of that prefix. */
export function showCredential(kind: AuthenticationKind, prefix: string): void {
  for (const one of KINDS) byId(`${prefix}for-${one}`).hidden = one !== kind;
}

function showFields(): void {
  const kind = authenticationChosen();
  showCredential(kind, "");
  byId("client").hidden = kind !== "client_credentials";
  byId("oauth").hidden = kind !== "authorization_code";
}

function fill({ name, url, authentication, features, limits }: SignedForServer): void {
  set("name", name);
  set("url", url);
  set("authentication", authentication.kind);
  set("token-endpoint", authentication.token_endpoint ?? "");
  set("client-id", authentication.client_id ?? "");
  set("scope", authentication.scope ?? "");
  if (authentication.kind === "authorization_code") {
    for (const [member, id] of Object.entries(OAUTH_FIELDS)) set(id, authentication[member as keyof typeof OAUTH_FIELDS] ?? "");
  }
  set("seconds", limits.seconds?.toString() ?? "");
  set("result-bytes", limits.result_bytes?.toString() ?? "");
  const on = features.sessions === "any" ? { ...features, sessions: true } : { ...features, sessions: false };
  for (const box of document.querySelectorAll<HTMLInputElement>('#server input[name="features"]')) {
    box.checked = on[box.value as keyof typeof on] === true;
  }
  showFields();
}

function forget(form: HTMLFormElement): void {
  tell("");
  for (const error of form.querySelectorAll<HTMLElement>(".error")) tellField(error.id.replace(/-error$/, ""), "");
}

/** What becomes of the credential: one that would go elsewhere, or be shown otherwise, is dropped by the service. */
export function credentialAfter(before: SignedForServer | null, { url, authentication }: WantedServer, isGiven: boolean): Credential {
  if (isGiven) return "given";
  const hash = before?.authentication.credential_hash ?? null;
  if (before === null || hash === null || authentication.kind === "none") return "none";
  const goesTo = (of: Pick<WantedServer, "url" | "authentication">): string =>
    of.authentication.kind === "client_credentials" || of.authentication.kind === "authorization_code"
      ? (of.authentication.token_endpoint ?? "")
      : of.url;
  const [was, is] = [goesTo(before), goesTo({ url, authentication })];
  const isSame =
    URL.canParse(is) &&
    new URL(was).origin === new URL(is).origin &&
    before.authentication.kind === authentication.kind &&
    JSON.stringify(before.authentication.names ?? null) === JSON.stringify(authentication.names ?? null) &&
    before.authentication.client_id === authentication.client_id;
  return isSame ? { kept: hash } : "none";
}

/** `done` is told the name of what was signed for, and whether it waits for another admin. */
export function bindServerForm(servers: readonly SignedForServer[], admin: string, done: (name: string, waits: boolean) => void): void {
  const form = control("server", HTMLFormElement);
  /** The one that is changed; null for a new one. */
  let changed: SignedForServer | null = null;

  const begin = (server: SignedForServer | null): void => {
    changed = server;
    form.reset();
    forget(form);
    if (server === null) showFields();
    else fill(server);
    byId("form-title").textContent = server === null ? texts.form.add.title : texts.form.change.title(server.name);
    byId("send-server").textContent = server === null ? texts.form.add.submit : texts.form.change.submit;
    byId("leave-server").hidden = server === null;
    control("name", HTMLInputElement).disabled = server !== null;
  };

  form.addEventListener("change", showFields);
  // Only the client that was made with it has the address of before.
  byId(OAUTH_FIELDS.client_id).addEventListener("change", () => {
    if (control(OAUTH_FIELDS.redirect, HTMLSelectElement).value === "") set(OAUTH_FIELDS.redirect, "shared");
  });
  bindDiscovery();
  byId("leave-server").addEventListener("click", () => begin(null));
  onChosen(byId("server-list"), "change", (name) => {
    const server = servers.find((one) => one.name === name);
    if (server === undefined) return;
    begin(server);
    form.scrollIntoView({ block: "start" });
    byId("url").focus();
  });

  onSubmit(form, async () => {
    forget(form);
    const { wanted, credential } = wantedServerIn(changed);
    const { name, url, authentication, features, limits } = wanted;
    const body = changed === null ? { draft: "add", name } : { draft: "change", server: name };
    const answer = await signForServer(
      {
        change: changed === null ? "server.added" : "server.changed",
        id: changed?.id ?? null,
        wanted,
        credential: credentialAfter(changed, wanted, credential !== null),
        body: { ...body, url, authentication, features, limits, credential },
        path: changed === null ? "/api/v1/servers" : `/api/v1/servers/${name}`,
      },
      admin,
      (problem) => explainFields(problem, (member) => serverFieldOf(member)),
    );
    if ("told" in answer) return tell(answer.told);
    begin(null);
    done(name, answer.waits);
  });
  // A browser that comes back to the page keeps what was chosen.
  showFields();
}
