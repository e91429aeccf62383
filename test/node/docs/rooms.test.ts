/** The linter's table of who may import what, as a table: what it must never let through, and that the documentation has every row. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mayImport, ROOMS } from "../../../scripts/lint/rooms.mjs";

describe("a room", () => {
  it.each([
    ["http/agents/agent-routes.ts", "http/people/people-items.ts"],
    ["http/people/people-items.ts", "http/agents/agent-items.ts"],
    ["http/pages.tsx", "http/people/people-items.ts"],
    ["http/middleware/who-is-calling.ts", "http/sessions/session-routes.tsx"],
    ["http/people/people-routes.ts", "gate/approvals/open-approval.ts"],
    ["http/log/log-page-routes.tsx", "gate/approvals/open-approval.ts"],
    ["gate/log/sequence-leaves.ts", "gate/approvals/snapshot.ts"],
    ["storage/people.ts", "passkeys/registration.ts"],
    ["mcp/tools.ts", "gate/people/confirm-passkey.ts"],
    ["pages/people/people-page.tsx", "gate/people/standing.ts"],
    ["composition/app.ts", "http/people/people-items.ts"],
  ])("%s imports nothing of %s", (importer, imported) => {
    expect(mayImport(importer, imported, false)).toBe(false);
  });

  it.each([
    ["http/app.ts", "http/people/people-routes.ts"],
    ["http/people/people-routes.ts", "http/signatures/admin-signature.ts"],
    ["http/people/people-routes.ts", "http/middleware/session-cookie.ts"],
    ["gate/log/reading/log-proofs.ts", "gate/log/transparency-log.ts"],
  ])("%s imports %s", (importer, imported) => {
    expect(mayImport(importer, imported, false)).toBe(true);
  });

  it("may have what stands for types only where it is a type", () => {
    expect(mayImport("storage/people.ts", "gate/passkeys/prove-passkey.ts", true)).toBe(true);
    expect(mayImport("storage/people.ts", "gate/passkeys/prove-passkey.ts", false)).toBe(false);
  });
});

it("docs/architecture.md has a row for every room", () => {
  const text = readFileSync(new URL("../../../docs/architecture.md", import.meta.url), "utf8");
  const section = text.slice(text.indexOf("## Who may import what"), text.indexOf("## How a signature is trusted"));
  const rows = [...section.matchAll(/^\| (.*?) +\|/gm)].flatMap(([, rooms = ""]) =>
    [...rooms.matchAll(/`([^`]+)`/g)].map(([, room]) => room),
  );
  expect(rows.filter((room) => room !== "middleware/").toSorted()).toEqual(Object.keys(ROOMS).toSorted());
});
