/** A page hears of more time as soon as it is stored: what it shows is not what would be signed from then on, whenever the log has that. */
import { expect, test } from "vitest";
import { timestamp } from "#countersign/documents/words.ts";
import { snapshot } from "#gate/approvals/snapshot.ts";
import { isOutOfDate } from "#pages/approvals/browser/approval/talk/more-time.ts";
import { type ApprovalState, openedApproval } from "#rules/approval.ts";
import { withLogged } from "#rules/logged-facts.ts";
import { giveMoreTime } from "#rules/talk/more-time.ts";
import { ALEX, approvalData, PENDING } from "#test/support/documents/approval-data.ts";

const { request } = approvalData("https://gate.example.com");
const LOG = "gate.example.com/log";
const NOW = { nowMs: Date.parse(request.expires_at) - 1_000, salt: "A".repeat(43), log: LOG };

const opened: ApprovalState = openedApproval({
  request,
  payload: "{}",
  fingerprint: "",
  log: LOG,
  judged: { longest: 7_200 } as NonNullable<ApprovalState["judged"]>,
});

test("before the log has it, and once more when it does", () => {
  const given = giveMoreTime(opened, { id: ALEX.id, username: ALEX.username }, NOW);
  if (!given.ok) throw new Error(given.refusal.reason);
  const told = (approval: ApprovalState) => {
    const { tag, request: now, extended } = snapshot(approval, NOW.nowMs);
    return { tag, extended, state: { ...PENDING, tag, expires_at: now.expires_at } };
  };
  const [before, stored] = [told(opened), told(given.value)];
  expect([before.extended, stored.extended]).toEqual([undefined, []]);
  expect(given.value.request.expires_at > timestamp(NOW.nowMs + 1_000)).toBe(true);
  const [extension] = given.value.extended ?? [];
  if (extension === undefined) throw new Error("nothing was given");
  const logged = told(withLogged(given.value, "extended:1", extension.sealed, 7));
  expect(logged.extended).toHaveLength(1);
  expect(new Set([before, stored, logged].map(({ tag }) => tag)).size).toBe(3);
  expect([before, stored, logged].map(({ state }) => isOutOfDate({ request }, state))).toEqual([false, true, true]);
  expect([stored, logged].map(({ state }) => isOutOfDate({ request: given.value.request }, state))).toEqual([false, false]);
});
