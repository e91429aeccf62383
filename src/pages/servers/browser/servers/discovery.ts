/** Asking a server and its issuer what the form of a server that is called as somebody says of them. */
import { discoveredShape } from "#api/servers/server-shapes.ts";
import { byId, control, onClick, tell, whileBusy } from "#pages/kit/browser/page.ts";
import { post } from "#pages/kit/browser/post.ts";
import { serversScriptTexts as texts } from "#texts/browser/servers.ts";
import { OAUTH_FIELDS, setField } from "./wanted.ts";

const valueOf = (id: string): string => control(id, HTMLInputElement).value.trim();

async function discover(): Promise<void> {
  tell("", "discover-told");
  const [issuer, isKnown] = [valueOf(OAUTH_FIELDS.issuer), valueOf(OAUTH_FIELDS.client_id) !== ""];
  const body = { url: valueOf("url"), ...(issuer === "" ? {} : { issuer }), register: !isKnown };
  const found = await post("/admin/servers/discovery", body, discoveredShape);
  if (!found.ok) return tell(found.refusal.detail, "discover-told");
  const { client, redirect, redirect_uri: back, ...told } = found.value;
  // A client that was made before redirects were signed is known there by the address of before.
  const isOfBefore = client === null && control(OAUTH_FIELDS.redirect, HTMLSelectElement).value === "";
  if (!isOfBefore) setField(OAUTH_FIELDS.redirect, redirect);
  for (const [member, value] of Object.entries(told)) setField(OAUTH_FIELDS[member as keyof typeof told], value ?? "");
  if (client !== null) {
    setField(OAUTH_FIELDS.client_id, client.client_id);
    setField(OAUTH_FIELDS.token_auth, client.token_auth);
    setField("oauth-secret", client.client_secret ?? "");
  }
  const comesBack = client !== null || isOfBefore ? "" : texts.discovery.comesBack(back);
  tell(texts.discovery.done(told.issuer, comesBack), "discovered");
}

export function bindDiscovery(): void {
  const button = byId("discover");
  onClick(button, () => whileBusy(button, discover));
}
