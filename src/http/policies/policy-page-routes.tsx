/** The page of the policy: for admins with an editor, for others to read. */
import type { Context } from "hono";
import type { CheckedPolicyAnswer } from "#api/policy-data.ts";
import built from "#dist/assets.json" with { type: "json" };
import { EXAMPLES, type LoadedFrom, PolicyPage } from "#pages/policies/policy-page.tsx";
import { PolicyRecordPage } from "#pages/policies/policy-record-page.tsx";
import type { KnownPolicies, ShownVersion } from "#pages/policies/versions.tsx";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { pagePerson } from "#http/pages.tsx";
import { readFormField } from "#http/read-form.ts";
import { listPolicies, policyOfVersion } from "#storage/policies/published.ts";
import { agentGroups } from "#storage/policies/recorded-asks.ts";
import { checkedPolicyOf, policyItem, usernames, waitingPolicies } from "./policy-items.ts";

/** Versions on a page. */
const PAGE = 20;

/** A version that a query names; null for anything else. 0 is what holds without a policy. */
const versionIn = (text: string | undefined): number | null =>
  text !== undefined && /^(?:0|[1-9][0-9]{0,8})$/.test(text) ? Number(text) : null;

const sourceOf = async (d1: D1Database, version: number): Promise<string | null> =>
  version === 0 ? "" : ((await policyOfVersion(d1, version))?.source ?? null);

async function knownPolicies(c: Context<App>): Promise<KnownPolicies> {
  const d1 = c.env.DB;
  const below = versionIn(c.req.query("before")) ?? undefined;
  const [found, [newest], waiting, names] = await Promise.all([
    listPolicies(d1, PAGE + 1, below),
    listPolicies(d1, 1),
    waitingPolicies(d1, c.var.config.adminsRequired, Date.now()),
    usernames(d1),
  ]);
  const versions = found.slice(0, PAGE).map((stored) => policyItem(stored, names));
  return {
    inForce: newest === undefined ? null : policyItem(newest, names),
    versions,
    older: found.length > PAGE ? String(versions.at(-1)?.version ?? "") : null,
    inForceSource: (await sourceOf(d1, newest?.version ?? 0)) ?? "",
    waiting,
    names,
    shown: await shownVersion(c),
  };
}

/** The version that the address asks for, against another one or the one before it. */
async function shownVersion(c: Context<App>): Promise<ShownVersion | null> {
  const version = versionIn(c.req.query("version"));
  if (version === null || version === 0) return null;
  const against = versionIn(c.req.query("against")) ?? version - 1;
  const [source, againstSource] = await Promise.all([sourceOf(c.env.DB, version), sourceOf(c.env.DB, against)]);
  return source === null || againstSource === null ? null : { version, source, against, againstSource };
}

/** What the address asks to be loaded: a version, a text that waits, or an example. */
async function loadedText(c: Context<App>, known: KnownPolicies): Promise<{ text: string; loaded: LoadedFrom | null }> {
  const wanted = c.req.query("load");
  if (wanted === undefined) return { text: known.inForceSource, loaded: null };
  const version = versionIn(wanted);
  if (version !== null && version > 0) {
    const source = await sourceOf(c.env.DB, version);
    if (source !== null) return { text: source, loaded: { from: "version", version } };
  }
  const draft = known.waiting.find(({ operation, source }) => operation === wanted && source !== null);
  if (draft?.source != null) return { text: draft.source, loaded: { from: "waiting", version: draft.version } };
  if (Object.hasOwn(EXAMPLES, wanted)) {
    const path = built[`${wanted as keyof typeof EXAMPLES}.yaml`];
    const answer = await c.env.ASSETS.fetch(new URL(path, c.var.config.origin));
    if (answer.ok) return { text: await answer.text(), loaded: { from: "example" } };
  }
  return { text: known.inForceSource, loaded: { from: "nothing" } };
}

async function answerAdmin(
  c: Context<App>,
  known: KnownPolicies,
  shown: { text: string; loaded: LoadedFrom | null; checked: CheckedPolicyAnswer | null },
): Promise<Response> {
  const [names, ofAgents] = await Promise.all([(await c.var.ports.policies()).knownNames(), agentGroups(c.env.DB)]);
  const mayName = { groups: [...(names.groups ?? [])], users: [...(names.users ?? [])], agentGroups: ofAgents };
  return c.html(<PolicyPage person={pagePerson(c.var.person)} {...known} {...shown} known={mayName} />);
}

/** `GET /admin/policy`: `?version=` and `?against=` show a version, `?load=` puts a text into the editor, `?before=` lists older versions. */
export async function policyPage(c: Context<App>): Promise<Response> {
  const known = await knownPolicies(c);
  const person = pagePerson(c.var.person);
  if (!person.mayAdminister) return c.html(<PolicyRecordPage person={person} {...known} />);
  return answerAdmin(c, known, { ...(await loadedText(c, known)), checked: null });
}

/** `POST /admin/policy`: what is said of a text, for a browser without the script. Nothing is stored. */
export async function checkOnPage(c: Context<App>): Promise<Response> {
  const field = await readFormField(c.req.raw, "policy");
  if (!field.ok) return problem(c, field.refusal);
  const text = field.value;
  const [known, checked] = await Promise.all([knownPolicies(c), checkedPolicyOf(c.env.DB, text, await c.var.ports.policies())]);
  return answerAdmin(c, known, { text, loaded: null, checked });
}
