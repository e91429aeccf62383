/** The parts of the route table (app.ts) that are about people and one's own account: who may call what, one line a route. */
import type { Hono } from "hono";
import type { App } from "#http/context.ts";
import { limitFailures } from "#http/middleware/limit-failures.ts";
import { requirePage } from "#http/middleware/require-page.tsx";
import { requirePerson, requireReader } from "#http/middleware/who-is-calling.ts";
import { finishAnother, offerAnother, renamePasskey, whoAmI } from "./account-routes.ts";
import { dropInvite, listInvites, makeInvite } from "./invite-routes.ts";
import { accountPage, peoplePage, personPage } from "./people-page-routes.tsx";
import { confirm, draftPeopleStatement, listPeople, putRoles, revoke, showPerson } from "./people-routes.ts";

export function accountRoutes(app: Hono<App>): void {
  // People
  app.get("/api/v1/me", requirePerson(), whoAmI);
  app.get("/account", requirePage(), accountPage);
  app.post("/account/passkeys/options", requirePerson(), offerAnother);
  app.post("/account/passkeys/finish", requirePerson(), limitFailures, finishAnother);
  app.put("/account/passkeys/:credential", requirePerson(), renamePasskey);
}

export function peopleRoutes(app: Hono<App>): void {
  // Admins; what widens authority is signed as well. Auditors read
  app.get("/admin/people", requirePage("admin", "auditor"), peoplePage);
  app.get("/admin/people/:id", requirePage("admin", "auditor"), personPage);
  app.get("/api/v1/people", requireReader("admin", "auditor"), listPeople);
  app.get("/api/v1/people/:id", requireReader("admin", "auditor"), showPerson);
  app.get("/api/v1/invites", requirePerson("admin"), listInvites);
  app.post("/api/v1/invites", requirePerson("admin"), makeInvite);
  app.delete("/api/v1/invites/:id", requirePerson("admin"), dropInvite);
  app.post("/admin/people/statement", requirePerson("admin"), draftPeopleStatement);
  app.post("/api/v1/people/:id/passkeys/:credential/confirm", requirePerson("admin"), limitFailures, confirm);
  app.put("/api/v1/people/:id/roles", requirePerson("admin"), limitFailures, putRoles);

  // Admins, and whose passkey it is (gate/people/standing.ts)
  app.delete("/api/v1/people/:id/passkeys/:credential", requirePerson(), revoke);
}
