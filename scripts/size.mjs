/** Measures what is uploaded and what phones load to decide and to check, and admins to write policies, gzipped, and fails if either is too large. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { buildAssets } from "./build.mjs";
import { ordinaryPage } from "./local/ordinary-page.mjs";
import { writeUpload } from "./local/wrangler.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const KIB = 1024;
/** The policy's page is an editor, for admins; the others are for phones in a hurry. */
const LIMITS = {
  Worker: 860 * KIB,
  "Approval page": 60 * KIB,
  "Batch page": 62 * KIB,
  "Verify page": 50 * KIB,
  "Policy page": 220 * KIB,
};

/** The Worker's script as `wrangler deploy` would upload it. */
async function workerScript() {
  const folder = mkdtempSync(join(tmpdir(), "countersign-size-"));
  try {
    await writeUpload(folder, { signal: new AbortController().signal });
    return readFileSync(join(folder, "worker.js"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const { request, payload, state, person, people, now } = ordinaryPage;
const aids = { marks: [], notes: [], call: null, previous: null };
/** Two ordinary requests. */
const batchPage = {
  person: { id: person.id, username: person.username, displayName: "Alex", mayAdminister: false },
  data: { items: [1, 2].map(() => ({ request, payload, aids, state, is_folded: false })), person, people, can_sign: true, now },
  leftOut: [],
};

/** Before anything is published. */
const emptyPolicyPage = {
  person: { id: "usr_1", username: "alex", displayName: "Alex", mayAdminister: true },
  inForce: null,
  versions: [],
  older: null,
  inForceSource: "",
  waiting: [],
  names: new Map(),
  shown: null,
  text: "",
  checked: null,
  loaded: null,
  known: { groups: [], users: [], agentGroups: [] },
};

/** The HTML of the pages that are measured, made by the Worker's own code. */
async function pages() {
  const { outputFiles } = await build({
    stdin: {
      contents:
        'export { ApprovalPage } from "./src/pages/approvals/approval-page.tsx"; export { BatchPage } from "./src/pages/batch/batch-page.tsx"; export { VerifyPage } from "./src/pages/log/verify-page.tsx"; export { PolicyPage } from "./src/pages/policies/policy-page.tsx";',
      resolveDir: ROOT,
      loader: "ts",
    },
    bundle: true,
    write: false,
    format: "esm",
    jsx: "automatic",
    jsxImportSource: "hono/jsx",
    tsconfigRaw: {},
  });
  const made = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
  return {
    "Approval page": String(made.ApprovalPage({ data: ordinaryPage })),
    "Batch page": String(made.BatchPage(batchPage)),
    "Verify page": String(made.VerifyPage({ origin: ordinaryPage.request.origin, vkey: null })),
    "Policy page": String(made.PolicyPage(emptyPolicyPage)),
  };
}

/** Every address of ours that a document or stylesheet names. */
const addressesIn = (text) =>
  [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"|url\(["']?(\/assets\/[^"')]+)/g)].map((match) => match[1] ?? match[2]);

/** A page and everything it loads, by name. */
function partsOf(html) {
  const parts = new Map([["HTML", Buffer.from(html)]]);
  const waiting = addressesIn(html);
  for (let address = waiting.pop(); address; address = waiting.pop()) {
    if (parts.has(address)) continue;
    const content = readFileSync(join(ROOT, "dist", "browser", address));
    parts.set(address, content);
    if (address.endsWith(".css")) waiting.push(...addressesIn(content.toString()));
  }
  return parts;
}

const gzipped = (content) => gzipSync(content, { level: 9 }).length;
const inKib = (bytes) => `${(bytes / KIB).toFixed(1)} KiB`;

await buildAssets();
const rows = [{ name: "Worker", bytes: gzipped(await workerScript()) }];
for (const [name, html] of Object.entries(await pages())) {
  const parts = [...partsOf(html)].map(([part, content]) => ({ name: `  ${part}`, bytes: gzipped(content) }));
  rows.push({ name, bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0) }, ...parts);
}
for (const { name, bytes } of rows) {
  const limit = LIMITS[name];
  const verdict = limit === undefined ? "" : ` of ${inKib(limit)}${bytes > limit ? "  TOO LARGE" : ""}`;
  console.log(`${name.padEnd(36)}${inKib(bytes).padStart(10)}${verdict}`);
}
process.exitCode = rows.some(({ name, bytes }) => bytes > LIMITS[name]) ? 1 : 0;
