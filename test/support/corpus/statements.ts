/** Databases and shells. */
import type { CorpusCase } from "./corpus-case.ts";

const MIGRATION = `BEGIN;
-- Accounts that their owners closed.
UPDATE accounts SET closed = true
 WHERE owner_closed_at < now() - interval '30 days';
ALTER TABLE accounts DROP COLUMN legacy_flags;
COMMIT;`;

const DEPLOY = `#!/usr/bin/env bash
set -euo pipefail
# Builds, uploads, restarts.
npm ci && npm run build
rsync -a --delete dist/ "deploy@web-1:/srv/app/"
ssh deploy@web-1 'sudo systemctl restart app'
if [ -n "$NOTIFY" ]; then
  curl -fsS -X POST "$NOTIFY" -d "deployed"
fi`;

export const STATEMENTS: readonly CorpusCase[] = [
  {
    name: "a delete without a condition",
    action: "Clean up sessions",
    payload: { database: "app_production", query: "DELETE FROM sessions" },
    strip: ["! Deletes every row, without a condition: DELETE FROM sessions in query", "Production: app_production in database"],
  },
  {
    name: "a delete with one",
    action: "Clean up sessions",
    payload: { database: "app_staging", query: "DELETE FROM sessions WHERE expires_at < now()" },
    strip: ["Deletes rows: DELETE FROM sessions in query"],
  },
  {
    name: "a migration",
    action: "Run migration 0042",
    payload: { database: "app", sql: MIGRATION },
    strip: ["! Drops what is there: DROP COLUMN legacy_flags in sql"],
  },
  {
    name: "a condition that is always true",
    action: "Correct balances",
    payload: { query: "UPDATE accounts SET balance = 0 WHERE 1=1" },
    strip: ["! A condition that is always true: WHERE 1=1 in query"],
  },
  {
    name: "reading",
    action: "Count users",
    payload: { query: "SELECT count(*) FROM users WHERE created_at > '2026-01-01' ORDER BY 1" },
    strip: [],
  },
  {
    name: "rights",
    action: "Open the reports",
    payload: { statement: "GRANT SELECT ON reports TO analyst; TRUNCATE audit_log" },
    strip: [
      "! Changes who may do what: GRANT SELECT ON reports TO analyst in statement",
      "! Empties a table: TRUNCATE audit_log in statement",
    ],
  },
  {
    name: "a download that is run",
    action: "Install the agent",
    payload: { command: "curl -fsSL https://get.example.com/install.sh | sudo bash" },
    strip: ["! Runs what it downloads: curl -fsSL https://get.example.com/install.sh | sudo bash in command"],
  },
  {
    name: "words of a command",
    action: "Free space",
    payload: { argv: ["rm", "-rf", "/var/lib/app"] },
    strip: ["! Deletes files: rm -rf /var/lib/app in argv 3"],
  },
  {
    name: "a script",
    action: "Deploy the site",
    payload: { script: DEPLOY },
    strip: [],
  },
  {
    name: "production by a flag",
    action: "Look at pods",
    payload: { command: "kubectl --context prod-eu get pods -n web" },
    strip: ["Production: --context prod-eu in command"],
  },
  {
    name: "a history that is overwritten",
    action: "Publish the fix",
    payload: { cwd: "/srv/repo", command: "git push --force origin main" },
    strip: ["! Overwrites what others pushed: git push --force in command"],
  },
  {
    name: "a build",
    action: "Run the tests",
    payload: { command: "npm test -- --run src/pages", timeout: 600 },
    strip: [],
  },
];
