/** What is asked for on the stage: ordinary, hostile, large, and written from right to left. */
import type { JsonObject } from "#countersign/json/canonical-json.ts";

/** Whoever owns the agent may approve all the same. */
export const POLICY = `type: countersign/policy@v1
defaults: { effect: require_approval, expires_in: 24h, separation: false }
rules:
  - name: reads
    match: { tool: "get_*" }
    effect: allow
    risk: low
  - { name: drops, match: { tool: drop }, effect: require_approval, risk: high }
  - { name: wipes, match: { tool: wipe }, effect: require_approval, risk: critical }
`;

/** Of no more than medium risk: nothing but a passkey is asked of who approves it. */
export const ORDINARY: JsonObject = {
  service: "api",
  version: "4.2.0",
  environment: "staging",
  replicas: 3,
  strategy: { kind: "rolling", max_unavailable: "25%", wait_seconds: 30 },
  hosts: ["host-1.example.com", "host-2.example.com", "host-3.example.com"],
};

/** What hides, what looks like something else, and every kind of value. */
export const OF_MANY_SORTS: JsonObject = {
  recipient: "ассоunts@раураl.com",
  file: "invoice\u202Efdp.exe",
  query: "DELETE FROM sessions  WHERE 1 = 1 -- all of them",
  command: "rm  -rf / ",
  empty: "",
  nothing: null,
  yes: true,
  text_of_digits: "30",
  amount: 1_250_000.5,
  markup: "<img src=x onerror=alert(1)>",
  long: "a".repeat(300),
  nested: { of: { of: { of: [{ a: 1 }, [], {}] } } },
  "\u200B": "a name that cannot be seen",
  note: "Line one\nLine two\twith a tab\r\nline three",
};

export const LARGE: JsonObject = {
  dry_run: false,
  table: "accounts",
  ids: Array.from({ length: 120 }, (_, i) => `acc_${String(i * 7919).padStart(8, "0")}`),
  settings: Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`setting_${i}`, i % 3 === 0 ? `value ${i}` : i])),
  message: "Your account has not been used for two years. ".repeat(30),
};

/** Words of both directions, with numbers and brackets between them, and a mark that is never taken back. */
export const RIGHT_TO_LEFT = {
  action: "העבר 500 ₪ לחשבון 12-345 (דנה)",
  reason: "أرسل الفاتورة رقم 4711 إلى finance@example.com قبل الساعة 17:00",
  payload: {
    סכום: 500,
    "to account": "חשבון 12-345",
    note: "שלום \u202Eabc",
    חברה: { שם: "מאפיית הגליל (בע״מ)", "vat id": "IL 51-234567-8" },
    files: ["דוח-2026.pdf", "تقرير-2026.pdf", "report-2026.pdf"],
  } satisfies JsonObject,
};

/** What somebody would let pass instead. */
export const FEWER_REPLICAS: JsonObject = { ...ORDINARY, replicas: 1, hosts: ["host-1.example.com"] };

/** Every language that is recognised. */
export const WITH_CODE: JsonObject = {
  statement:
    "-- Nobody has signed in to these since 2024.\nUPDATE accounts\nSET closed_at = now(), note = 'unused'\nWHERE last_seen < '2024-01-01'\n  AND plan = 'free';",
  manifest:
    'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api # behind the gateway\nspec:\n  replicas: 3\n  paused: false\n  image: "registry.example.com/shop/api-of-the-accounts:4.2.0"',
  patch:
    "diff --git a/src/limits.ts b/src/limits.ts\n--- a/src/limits.ts\n+++ b/src/limits.ts\n@@ -3,5 +3,5 @@ export const LIMITS = {\n   // A second.\n-  requests: 20,\n+  requests: 200,\n   burst: 50,\n };",
  command: 'kubectl rollout restart deployment/api --namespace "shop" && kubectl get pods --watch',
};

export const BEFORE_AND_AFTER: JsonObject = {
  before: { requests_per_second: 20, burst: 50, message: "Too many requests. Try again in a minute.", owner: "shop" },
  after: { requests_per_second: 200, burst: 50, message: "Too many requests. Try again in ten seconds.", owner: "shop" },
  changed_by: "release-bot",
};

/** More to look at than is shown at once. */
export const TO_LOOK_AT: JsonObject = {
  query: "DELETE FROM orders",
  recipient: "ассоunts@раураl.com",
  file: "report\u202Efdp.exe",
  command: "rm -rf /var/lib/shop",
  settings: { password: "hunter22-Q", region: "eu-central-1" },
  note: "Agreed\u200B with the owners",
};
