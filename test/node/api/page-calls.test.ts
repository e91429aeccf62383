/**
 * What the pages call, held against the route table and the OpenAPI document: whatever a button or a form does, a program can do over
 * REST, or it is told here why not. Read from the sources, so that a new call fails here until it has its route.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const below = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length));

const TABLES = below("src/http").filter((path) => /(?:app|-table)\.ts$/.test(path));
/** `METHOD /path/:param`, as the tables have them. */
const ROUTES = TABLES.flatMap((path) =>
  [...read(path).matchAll(/\bapp\.(get|post|put|delete)\(\s*"([^"]+)"/g)].map(
    ([, method = "", route = ""]) => `${method.toUpperCase()} ${route}`,
  ),
);

const openApi = JSON.parse(read("dist/openapi.json")) as { paths: Record<string, Record<string, unknown>> };
/** The same of the document, its parameters without their names. */
const DOCUMENTED = new Set(
  Object.entries(openApi.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} /api/v1${path.replaceAll(/\{[^}]+\}/g, ":")}`),
  ),
);
const unnamed = (route: string): string => route.replaceAll(/:[A-Za-z]+/g, ":");

interface PageCall {
  file: string;
  /** Null where the source does not say it beside the path. */
  method: string | null;
  /** Segments; null for one that the script fills in. */
  path: (string | null)[];
  text: string;
}

const METHOD_OF: Readonly<Record<string, string>> = { get: "GET", post: "POST", put: "PUT", remove: "DELETE" };

/** The segments of a path as it stands in a script: what follows a `?` or a `#`, and what is appended to a segment, is none of it. */
const segmentsOf = (text: string): (string | null)[] =>
  (text.replaceAll(/\$\{[^}]*\}/g, "\0").split(/[?#]/)[0] ?? "")
    .split("/")
    .slice(1)
    .map((segment) => (segment === "\0" ? null : segment.replaceAll("\0", "")));

const withoutComments = (source: string): string => source.replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");

/** What begins with a slash and a word in the scripts, and by which method it is called where that stands in front of it. */
const CALLS: PageCall[] = below("src/pages")
  .filter((path) => /[/\\]browser[/\\].*\.ts$/.test(path))
  .flatMap((file) =>
    [
      ...withoutComments(read(file)).matchAll(
        /(?:\b(get|post|put|remove|fetch)\(\s*)?(?:"(\/[a-z][^"]*[^"/])"|`(\/[a-z](?:[^`$]|\$\{[^}]*\})*)`)/g,
      ),
    ].map(([, call, plain, template]) => {
      const text = plain ?? template ?? "";
      return { file, method: call === undefined ? null : (METHOD_OF[call] ?? null), path: segmentsOf(text), text };
    }),
  );

/** Paths that scripts put together, by what is put together there. */
const COMPOSED: Readonly<Record<string, readonly string[]>> = {
  "`${path}/options`": ["POST /setup/options", "POST /enrol/options", "POST /account/passkeys/options"],
  "`${path}/finish`": ["POST /setup/finish", "POST /enrol/finish", "POST /account/passkeys/finish"],
  "`${path}/${id}`": ["DELETE /api/v1/agents/:id", "DELETE /api/v1/connectors/:id"],
  "`${PATH}${query}`": ["GET /api/v1/policies/proposals"],
};

/** Where a script chooses a segment that is no parameter. */
const CHOSEN: Readonly<Record<string, readonly string[]>> = {
  "/api/v1/${what}": ["POST /api/v1/stop", "POST /api/v1/release"],
  "/api/v1/agents/${key}/${what}": ["POST /api/v1/agents/:id/stop", "POST /api/v1/agents/:id/release"],
  "/api/v1/notices/${path}/fine": ["POST /api/v1/notices/:agent/:number/fine"],
  "/api/v1/channels/${id}/${what}": ["POST /api/v1/channels/:id/test", "POST /api/v1/channels/:id/enable"],
};

const isRoute = (path: readonly (string | null)[], route: string): boolean => {
  const segments = route.slice(route.indexOf("/") + 1).split("/");
  return segments.length === path.length && segments.every((one, i) => (one.startsWith(":") ? path[i] === null : one === path[i]));
};

/** Routes that it may be, by its method if that is known. */
function routesOf({ path, method, text }: PageCall): string[] {
  const chosen = CHOSEN[text];
  if (chosen !== undefined) return [...chosen];
  return ROUTES.filter((route) => isRoute(path, route) && (method === null || route.startsWith(`${method} `)));
}

const drafts = (route: string): string => `gives a browser the statement to sign, with its passkeys; signed, it is taken by ${route}`;
const ON_THE_PAGE = "people decide on the page alone, which shows what is signed and proves that it does";
const PASSKEY = "a ceremony of WebAuthn, which only a page of this origin can hold";
const OWN_WORDS = "of the page's own list; over REST it is GET /api/v1/approvals";

/** What scripts call that is not below `/api/v1`: by which route of REST the same is done, or why by none. */
const OUTSIDE: Readonly<Record<string, string>> = {
  "POST /setup/options": PASSKEY,
  "POST /setup/finish": PASSKEY,
  "GET /setup": "asks whether the page is still open",
  "POST /enrol/options": PASSKEY,
  "POST /enrol/finish": PASSKEY,
  "POST /enrol/state": "tells whoever made a passkey how it stands, who has no session yet",
  "POST /sign-in/options": PASSKEY,
  "POST /sign-in/finish": PASSKEY,
  "POST /sign-out": "the session that asks, by its cookie; over REST it is DELETE /api/v1/sessions/:id",
  "POST /account/passkeys/options": PASSKEY,
  "POST /account/passkeys/finish": PASSKEY,
  "PUT /account/passkeys/:credential": "a person's own word for a passkey, of use on the pages that list it",
  "POST /account/stop-token": "gives out a secret once, on the page that asked for it",
  "DELETE /account/stop-token": "of the page on which it was made",
  "POST /account/command-line/statement": drafts("POST /api/v1/me/command-lines"),
  "POST /account/delegations/statement": drafts("POST /api/v1/me/delegations"),
  "POST /account/servers/statement": drafts("POST /api/v1/me/servers/:name/grants"),
  "POST /admin/agents/statement": drafts("POST /api/v1/agents"),
  "POST /admin/agents/changes/statement": drafts("PUT /api/v1/agents/:id"),
  "POST /admin/people/statement": drafts("PUT /api/v1/people/:id/roles"),
  "POST /admin/people/erasure/statement": drafts("POST /api/v1/people/:id/erasure"),
  "POST /admin/policy": "the form as a browser without scripts sends it; over REST it is POST /api/v1/policies/check",
  "POST /admin/policy/statement": drafts("POST /api/v1/policies"),
  "POST /admin/channels/statement": drafts("POST /api/v1/channels"),
  "POST /admin/servers/statement": drafts("POST /api/v1/servers"),
  "POST /admin/servers/connections/statement": drafts("POST /api/v1/servers/:name/grants"),
  "POST /admin/servers/discovery": "reads what a server says of itself, for the form that is filled in",
  "POST /admin/connectors/statement": drafts("POST /api/v1/connectors"),
  "GET /": "where the next request of the inbox is looked for; over REST it is GET /api/v1/approvals",
  "GET /inbox": OWN_WORDS,
  "GET /inbox/live": OWN_WORDS,
  "GET /a/:id/state": "what changes on the page of a request while it is open",
  "POST /a/:id/nonce": ON_THE_PAGE,
  "POST /a/:id/question": ON_THE_PAGE,
  "POST /a/:id/time": ON_THE_PAGE,
  "POST /a/:id/decision": ON_THE_PAGE,
  "POST /a/:id/alike/statement": ON_THE_PAGE,
  "POST /a/:id/alike/decision": ON_THE_PAGE,
  "GET /batch/state": ON_THE_PAGE,
  "POST /batch/statement": ON_THE_PAGE,
  "POST /batch/decision": ON_THE_PAGE,
};

/** Pages, which scripts lead to and forms are sent to, and files. */
const isPage = (route: string): boolean =>
  route.startsWith("GET ") && !route.includes("/api/v1/") && !(route in OUTSIDE && route !== "GET /setup" && route !== "GET /");

const composed = Object.values(COMPOSED).flat();

describe("a call of a page's script", () => {
  it("are found, in every room that has any", () => {
    const rooms = new Set(CALLS.map(({ file }) => file.split("/")[2]));
    expect([...rooms].toSorted()).toEqual(
      expect.arrayContaining(["agents", "approvals", "batch", "channels", "people", "servers", "sessions"]),
    );
    expect(CALLS.length).toBeGreaterThan(80);
  });

  it.each(CALLS.map((call) => [`${call.method ?? "?"} ${call.text}`, call.file, call] as const))("%s of %s is a route", (_, __, call) => {
    // The beginning of paths that are put together.
    if (composed.some((route) => isRoute([...call.path, "options"], route) || isRoute([...call.path, null], route))) return;
    expect(routesOf(call)).not.toEqual([]);
  });

  it("that is put together is put together of what is told here", () => {
    const found = below("src/pages")
      .filter((path) => /[/\\]browser[/\\].*\.ts$/.test(path))
      .flatMap((file) =>
        [...withoutComments(read(file)).matchAll(/\b(?:get|post|put|remove|fetch)\(\s*(`\$\{[^`]*`)/g)].map(([, text = ""]) => text),
      );
    expect([...new Set(found)].toSorted()).toEqual(Object.keys(COMPOSED).toSorted());
    for (const route of [...composed, ...Object.values(CHOSEN).flat()]) expect(ROUTES).toContain(route);
  });

  it("below /api/v1 is described, by its method", () => {
    const called = CALLS.filter(({ text }) => text.startsWith("/api/v1/")).flatMap((call) => {
      const routes = routesOf(call);
      return call.method === null && CHOSEN[call.text] === undefined ? routes.filter((route) => !route.startsWith("GET ")) : routes;
    });
    const missing = [...called, ...composed.filter((route) => route.includes("/api/v1/"))].filter(
      (route) => !DOCUMENTED.has(unnamed(route)),
    );
    expect([...new Set(missing)]).toEqual([]);
  });

  it("elsewhere is told here, with what does the same over REST or why nothing does; and nothing is told that is not called", () => {
    const called = new Set([
      ...CALLS.filter(({ text }) => !text.startsWith("/api/"))
        .flatMap(routesOf)
        .filter((route) => !isPage(route)),
      ...composed.filter((route) => !route.includes("/api/")),
      // Not by a path that begins with a slash.
      "GET /inbox/live",
      "GET /",
      "GET /setup",
    ]);
    expect([...called].toSorted()).toEqual(Object.keys(OUTSIDE).toSorted());
    for (const why of Object.values(OUTSIDE))
      for (const [route] of why.matchAll(/(?:GET|POST|PUT|DELETE) \/api\/v1\/[\w/:-]+/g)) expect([...DOCUMENTED]).toContain(unnamed(route));
  });
});

it("a form that a page sends by itself goes to a route", () => {
  const forms = below("src/pages")
    .filter((path) => path.endsWith(".tsx"))
    .flatMap((file) =>
      [...read(file).matchAll(/<form\b[^>]*?\bmethod="(get|post)"\s+action=(?:"([^"]+)"|\{`([^`]+)`\})/g)].map(
        ([, method = "", plain, template]) => ({
          file,
          text: plain ?? template ?? "",
          method: method.toUpperCase(),
        }),
      ),
    );
  expect(forms.length).toBeGreaterThan(5);
  const lost = forms.filter(({ text, method, file }) => routesOf({ file, text, method, path: segmentsOf(text) }).length === 0);
  expect(lost).toEqual([]);
});
