/**
 * The linter's rule on who may import what: docs/architecture.md, "Who may import what", as a table. A room is a folder or a file
 * that has an entry; a file is of the room with the longest entry that it lies in, at any depth, and may always import its own
 * room. Naming a room does not name the rooms below it: who may import `http` may not import `http/people`.
 *
 * `may` and `types` list rooms, folders and files of this repository, from its root without `src/`, and packages. `types` are for
 * `import type`. Not here: circles, which `import/no-cycle` finds, types included.
 */
import { dirname, join, normalize, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { CALL_PACKAGES, EDITOR, POLICY_PACKAGES } from "./packages.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const FORMATS = ["encoding", "json", "text", "webauthn", "documents", "grants", "tlog", "connector", "verified"].map(
  (folder) => `countersign/${folder}`,
);
const VERIFIER = [
  ...FORMATS,
  "countersign/result.ts",
  "countersign/quorum.ts",
  "countersign/receipt-rules.ts",
  "countersign/verifier.ts",
  "countersign/call-verifier.ts",
  "countersign/evidence",
];
/** What judges by a policy that was read and checked before; it reads no YAML. */
const JUDGING = ["countersign/policy/judging", "countersign/policy/document/policy-document.ts"];
/** Rules that are proposed, and how they come into a policy's text. */
const PROPOSING = [...JUDGING, "countersign/policy/proposing"];
const SIGNED = ["gate/signatures", "gate/passkeys", "gate/log"];
const ADAPTER = { may: [...VERIFIER, "rules", "config"], types: ["gate"] };
const ADAPTERS = "storage passkeys witnesses outbound vault upstreams channels".split(" ");
const PAGES = { may: [...VERIFIER, "api", "pages/kit", "pages/texts", "hono", "@simplewebauthn/browser"] };
const KIT = [...VERIFIER, "rules", "config", "api", "pages/kit", "hono", "zod"];
/** A room of routes: besides this, the verbs and pages of its name, and the queries that it answers from. Never another one. */
const ROUTES = [...KIT, "http"];
/** One where admins sign. */
const SIGNED_ROUTES = [...ROUTES, "gate/signatures", "http/signatures", "storage/people.ts"];
/** What of storage a request's pages tell of. */
const BESIDE_REQUESTS = ["inbox", "channels", "grants", "talk", "people.ts", "people"].map((one) => `storage/${one}`);
/** What of storage is told of agents. */
const ABOUT_AGENTS = ["agents.ts", "agents", "keys", "near", "patterns", "stops"].map((one) => `storage/${one}`);
/** What sends a test request, and what is told of refusals of it. */
const TESTING = ["gate/approvals/test", "gate/approvals/approval-failures.ts"];
/** One where several requests are decided at once. */
const DECIDING_ROUTES = [...ROUTES, "gate/approvals", "gate/batch", "storage/people.ts"];
const ROUTE_ROOMS =
  "agents approvals audit batch calls channels connectors console erasure evidence grants log patterns people policies servers sessions signatures"
    .split(" ")
    .map((room) => `http/${room}`);

const roomsOf = (floor, rooms, imports) => Object.fromEntries(rooms.map((room) => [`${floor}/${room}`, imports]));

/** Room: what it may import besides itself. */
export const ROOMS = {
  countersign: { may: ["@noble/hashes"] },
  "countersign/sdk": { may: VERIFIER },
  "countersign/frameworks": { may: [...VERIFIER, "countersign/sdk"] },
  "countersign/testing": { may: VERIFIER },
  "countersign/policy": {
    may: [..."encoding json documents grants result.ts quorum.ts".split(" ").map((one) => `countersign/${one}`), ...POLICY_PACKAGES],
  },
  "countersign/exports": { may: [...VERIFIER, "countersign/sdk", "countersign/frameworks", "countersign/testing", "countersign/policy"] },
  "countersign/cli": { may: [...VERIFIER, "countersign/sdk", "countersign/policy", "countersign/exports", "node"] },
  rules: {
    may: [...VERIFIER, ...PROPOSING, "countersign/policy/conditions/zones.ts", "countersign/policy/document/masking.ts", ...CALL_PACKAGES],
    types: ["gate/channels"],
  },
  config: { may: [...VERIFIER, "rules"], types: ["gate"] },
  "gate/effects.ts": { may: [], types: ["gate"] },
  "gate/approvals": { may: [...VERIFIER, ...JUDGING, "rules", "gate/grants", "gate/log", "gate/passkeys"] },
  "gate/grants": { may: [...VERIFIER, "rules", "gate/log"] },
  ...roomsOf("gate", ["agents", "channels", "erasure", "people"], { may: [...VERIFIER, "rules", ...SIGNED] }),
  "gate/sessions": { may: [...VERIFIER, "rules", "gate/passkeys", "gate/signatures"] },
  "gate/signatures": { may: [...VERIFIER, "rules", "gate/passkeys", "gate/log"] },
  "gate/policies": { may: [...VERIFIER, "countersign/policy", "rules", ...SIGNED] },
  "gate/servers": { may: [...VERIFIER, ...JUDGING, "rules", ...SIGNED], types: ["gate/channels", "gate/calls"] },
  "gate/console": { may: [...VERIFIER, "rules"] },
  "gate/connectors": { may: [...VERIFIER, "rules", ...SIGNED], types: ["gate/calls"] },
  "gate/calls": { may: [...VERIFIER, ...JUDGING, "rules", "gate/approvals", "gate/log"], types: ["gate/agents", "gate/channels"] },
  "gate/batch": { may: [...VERIFIER, "rules", "gate/approvals"] },
  "gate/patterns": { may: [...VERIFIER, "rules", "gate/approvals", "gate/batch", "gate/log"] },
  "gate/audit": { may: [...VERIFIER, "rules"] },
  "gate/evidence": { may: [...VERIFIER, "rules", "gate/approvals", "gate/log"] },
  "gate/passkeys": { may: [...VERIFIER, "rules", "gate/log"] },
  "gate/log": { may: [...VERIFIER, "rules"] },
  passkeys: { ...ADAPTER, may: [...ADAPTER.may, "@simplewebauthn/server"] },
  storage: { ...ADAPTER, may: [...ADAPTER.may, ...JUDGING, "drizzle-orm"] },
  witnesses: ADAPTER,
  outbound: ADAPTER,
  vault: ADAPTER,
  upstreams: { ...ADAPTER, may: [...ADAPTER.may, "gate/connectors/remote-connector.ts", "outbound"] },
  channels: { ...ADAPTER, may: [...ADAPTER.may, "@block65/webcrypto-web-push", "cloudflare:email"] },
  api: { may: [...VERIFIER, "rules", "zod", "zod-openapi"] },
  "pages/texts": { may: [], types: ["hono", "pages/kit"] },
  "pages/kit": { may: [...VERIFIER, "api", "pages/texts", "dist", "hono", "@simplewebauthn/browser", "lean-qr"] },
  ...roomsOf("pages", ["approvals", "audit", "calls", "console", "docs", "grants", "patterns", "sessions", "signatures"], PAGES),
  "pages/batch": { may: [...PAGES.may, "pages/approvals"] },
  "pages/agents": { may: [...PAGES.may, "pages/signatures", "pages/patterns"] },
  "pages/erasure": { may: [...PAGES.may, "pages/signatures"] },
  "pages/people": { may: [...PAGES.may, "pages/signatures"] },
  "pages/policies": {
    may: [
      ...PAGES.may,
      "pages/signatures",
      "countersign/policy/document",
      "countersign/policy/proposing",
      "schemas/policy.schema.json",
      "dist",
      ...EDITOR,
    ],
  },
  "pages/channels": { may: [...PAGES.may, "pages/signatures", "dist"], types: ["rules/notices"] },
  "pages/servers": { may: [...PAGES.may, "pages/signatures"], types: ["rules"] },
  "pages/connectors": { may: [...PAGES.may, "pages/signatures"] },
  "pages/log": { may: [...PAGES.may, "pages/approvals", "dist"] },
  mcp: { may: [...VERIFIER, "gate/approvals", "rules", "api", "config", "package.json", "@modelcontextprotocol/server", "zod"] },
  "mcp/gateway": {
    may: [...VERIFIER, ...JUDGING, "gate/approvals", "gate/calls", "rules", "api", "config", "mcp", "zod"],
    types: ["gate/agents", "gate/channels"],
  },
  http: {
    may: [
      ...KIT,
      "gate/sessions",
      "gate/people/standing.ts",
      "gate/agents/key-standing.ts",
      "storage/failures.ts",
      "storage/near",
      "storage/calls/to-look-at.ts",
    ],
    types: ["gate", "passkeys"],
  },
  "http/approvals": { may: [...ROUTES, "gate/approvals", "pages/approvals", ...BESIDE_REQUESTS, "storage/erasure/withheld-requests.ts"] },
  "http/agents": {
    may: [...SIGNED_ROUTES, "gate/agents", "gate/approvals/visible-request.ts", "pages/agents", ...ABOUT_AGENTS, ...TESTING],
  },
  "http/batch": { may: [...DECIDING_ROUTES, "http/approvals", "pages/batch", "storage/batch"] },
  "http/patterns": { may: [...DECIDING_ROUTES, "gate/patterns", "http/batch", "pages/patterns", "storage/patterns"] },
  "http/people": {
    may: [
      ...ROUTES,
      "gate/approvals/visible-request.ts",
      "gate/people",
      "gate/signatures",
      "gate/log",
      "http/signatures",
      "pages/people",
      "passkeys/registration.ts",
      "storage/people.ts",
      "storage/people",
      "storage/channels",
      "storage/near",
      "storage/stops/stop-tokens.ts",
      "storage/invites.ts",
      "storage/waiting-passkeys.ts",
    ],
  },
  "http/erasure": { may: [...SIGNED_ROUTES, "gate/erasure", "pages/erasure"] },
  "http/policies": {
    may: [
      ...ROUTES,
      ...PROPOSING,
      "gate/approvals/visible-request.ts",
      "gate/policies",
      "gate/signatures",
      "http/signatures",
      "pages/policies",
      "storage/policies",
      "storage/people.ts",
      "dist",
    ],
  },
  "http/channels": {
    may: [...ROUTES, "gate/channels", "gate/signatures", "http/signatures", "pages/channels", "storage/channels", "storage/people.ts"],
  },
  "http/servers": {
    may: [
      ...ROUTES,
      ...PROPOSING,
      "gate/servers",
      "gate/signatures",
      "http/signatures",
      "pages/servers",
      "storage/servers",
      "storage/policies",
      "storage/people.ts",
    ],
  },
  "http/connectors": { may: [...SIGNED_ROUTES, "gate/connectors", "pages/connectors", "storage/connectors"] },
  "http/evidence": { may: [...ROUTES, "gate/evidence", "gate/log", "gate/approvals/visible-request.ts", "fflate"] },
  "http/console": { may: [...ROUTES, "gate/log", "pages/console", "storage/console", "package.json"] },
  "http/grants": { may: [...ROUTES, "gate/grants", "pages/grants", "storage/grants"] },
  "http/calls": {
    may: [...ROUTES, "gate/calls", "pages/calls", "storage/calls", "storage/near", "storage/agents.ts", "storage/people.ts"],
  },
  "http/audit": {
    may: [
      ...ROUTES,
      "gate/audit",
      "http/calls",
      "gate/approvals/visible-request.ts",
      "gate/log/reading/private-leaf.ts",
      "pages/audit",
      "storage/audit",
      "storage/calls",
      "storage/near",
      "storage/people.ts",
    ],
  },
  "http/sessions": { may: [...ROUTES, "gate/sessions", "pages/sessions", "passkeys/authentication.ts"] },
  "http/signatures": { may: [...ROUTES, "gate/signatures", "storage/people.ts", "storage/people", "storage/proposals.ts"] },
  "http/log": { may: [...ROUTES, "gate/log", "gate/approvals/visible-request.ts", "pages/log"] },
  "http/mcp-route.ts": { may: [...ROUTES, "mcp"] },
  "http/gateway-route.ts": { may: [...ROUTES, "mcp", "mcp/gateway", "gate/calls"] },
  "http/health-route.ts": { may: [...ROUTES, "storage/near", "storage/primary.ts"], types: ["gate/log"] },
  "http/app.ts": { may: [...ROUTES, ...ROUTE_ROOMS, "http/mcp-route.ts", "http/gateway-route.ts", "http/health-route.ts", "dist"] },
  "durable-objects": { may: [...VERIFIER, "rules", "gate", ...ADAPTERS, "config", "cloudflare:workers"] },
  composition: {
    may: [
      ..."countersign rules gate api mcp mcp/gateway http http/app.ts config durable-objects cloudflare:workers".split(" "),
      ...JUDGING,
      ...ADAPTERS,
    ],
    types: ["countersign/policy"],
  },
  "worker.ts": { may: ["composition", "config", "durable-objects"] },
};

const PACKAGE = "packages/countersign/src/";

/** A file of this repository as the table names it; null for what the table does not rule (tests, scripts, benches). */
function named(path) {
  if (path.startsWith("src/")) return path.slice("src/".length);
  if (path.startsWith(PACKAGE)) return `countersign/${path.slice(PACKAGE.length)}`;
  return path.startsWith("durable-objects/") ? path : null;
}

const isIn = (path, folder) => path === folder || path.startsWith(`${folder}/`);

const roomOf = (path) =>
  Object.keys(ROOMS)
    .filter((room) => isIn(path, room))
    .toSorted((a, b) => b.length - a.length)[0] ?? null;

/** What a specifier names: a file as the table has it, or a package's name. */
function target(specifier, importer) {
  // Whichever language is built.
  if (specifier.startsWith("#texts/")) return `pages/texts/${specifier.slice("#texts/".length)}`;
  if (specifier.startsWith("#")) return specifier.slice(1);
  if (specifier.startsWith(".")) {
    const path = normalize(join(dirname(importer), specifier))
      .split(sep)
      .join("/");
    return named(path) ?? path;
  }
  if (specifier.startsWith("node:")) return "node";
  return specifier.startsWith("@") ? specifier.split("/").slice(0, 2).join("/") : specifier.split("/")[0];
}

/** Whether `importer` (as the table names it) may import `imported`; `isType` if nothing of it is left at run time. */
export function mayImport(importer, imported, isType) {
  const room = roomOf(importer);
  if (room === null) return false;
  const { may, types = [] } = ROOMS[room];
  const other = roomOf(imported);
  const names = (listed) => (listed in ROOMS ? listed === other : isIn(imported, listed));
  return [room, ...may, ...(isType ? types : [])].some(names);
}

const rule = {
  create(context) {
    const path = relative(ROOT, context.filename).split(sep).join("/");
    const importer = named(path);
    if (importer === null) return {};
    const check = (node, source, isType) => {
      if (typeof source?.value !== "string") return;
      const imported = target(source.value, path);
      if (!mayImport(importer, imported, isType)) {
        const room = roomOf(importer) ?? importer;
        context.report({ node, message: `${room} may not import ${imported} (docs/architecture.md, "Who may import what")` });
      }
    };
    const areTypes = (node) =>
      node.importKind === "type" ||
      node.exportKind === "type" ||
      (node.specifiers?.length > 0 && node.specifiers.every((one) => one.importKind === "type"));
    return {
      ImportDeclaration: (node) => check(node, node.source, areTypes(node)),
      ExportNamedDeclaration: (node) => check(node, node.source, areTypes(node)),
      ExportAllDeclaration: (node) => check(node, node.source, areTypes(node)),
      ImportExpression: (node) => check(node, node.source, false),
    };
  },
};

export default { meta: { name: "rooms" }, rules: { imports: rule } };
