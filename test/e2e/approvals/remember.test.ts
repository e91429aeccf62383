/** What is signed with "Remember this approval": what the page shows, whatever the service says that somebody before has signed. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { b64u, fromB64u, fromUtf8 } from "#countersign/encoding/bytes.ts";
import type { Grant } from "#countersign/documents/grant.ts";
import type { Assertion } from "#countersign/documents/record.ts";
import type { RequestV2 } from "#countersign/documents/request.ts";
import { buildStatement, decisionChallenge } from "#countersign/documents/statement.ts";
import type { ApprovalPageData } from "#api/approval-page-data.ts";
import { ALEX, approvalData, decisionOf, PENDING, SAM } from "#test/support/documents/approval-data.ts";
import { enterChromium, leaveChromium } from "#test/support/browser/chromium.ts";
import { openApproval, ORIGIN, withPasskey } from "#test/support/browser/served-pages.tsx";

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await enterChromium();
  page = await browser.newPage({ viewport: { width: 390, height: 900 } });
  const authenticator = await withPasskey(page);
  await authenticator.setUserVerified(true);
  await authenticator.setAutomaticPresence(true);
});
afterAll(leaveChromium);

/** An ask that Sam has approved, and Alex is to approve too. */
function asked(): ApprovalPageData & { request: RequestV2 } {
  const data = approvalData(ORIGIN, { state: { decisions: [decisionOf(SAM, "approved")] } });
  const { quorum: _, context: _1, type: _2, ...members } = data.request;
  const request: RequestV2 = {
    ...members,
    type: "countersign/request@v2",
    policy: { version: 3, rule: "scaling", hash: "7".repeat(64) },
    context: { source: "ask", tool: "scale" },
    quorum: [{ name: "two", required: 2, eligible: [ALEX.id, SAM.id], escalations: [] }],
    denials: 1,
  };
  return { ...data, request };
}

const signedBySam = ({ now }: ApprovalPageData): Grant => ({
  id: "grt_sam",
  rule: "scaling",
  agent: "agt_bot",
  server: null,
  tool: "scale",
  schema_hash: null,
  fixed: [{ pointer: "/service", value: "api" }],
  free: [{ pointer: "/replicas", bound: { from: 0, to: 3 } }],
  uses: 5,
  until: new Date(Date.parse(now) + 3_600_000).toISOString(),
});

const LIMITS = { for: 86_400, uses: 5 };

interface Sent {
  assertion: Assertion;
  grant?: object;
}

/** Opens it with what is said to be signed before, and chooses to remember. */
async function remembering(data: ApprovalPageData, same: Grant): Promise<Sent[]> {
  const all: Sent[] = [];
  await openApproval(
    page,
    { ...data, remember: { ...LIMITS, same } },
    {
      answer(path, request) {
        if (!path.endsWith("/decision")) return undefined;
        all.push(request.postDataJSON() as Sent);
        return { json: PENDING };
      },
    },
  );
  await page.locator("#remember-on").check();
  return all;
}

const approve = () => page.getByRole("button", { name: /^Approve with passkey/ });
const challengeIn = ({ assertion }: Sent): string =>
  (JSON.parse(fromUtf8(fromB64u(assertion.client_data_json) ?? new Uint8Array()) ?? "{}") as { challenge: string }).challenge;

test.each<[string, Partial<Grant>]>([
  ["just what the one before has signed", {}],
  ["what is shown, where that is said to be for another agent", { agent: "agt_other" }],
  ["what is shown, where that is said to be of another rule, tool and server", { rule: "any", tool: "destroy", server: "srv_x" }],
  ["what is shown, where that is said to fix another value", { fixed: [{ pointer: "/service", value: "bank" }] }],
])("signs %s", async (_, changes) => {
  const data = asked();
  const all = await remembering(data, { ...signedBySam(data), ...changes });
  await page.mouse.wheel(0, 2_000);
  await approve().click();
  await expect.poll(() => all.length).toBe(1);
  const { request, person, nonce, comment_salt: commentSalt } = data;
  const draft = { verdict: "approved", approver: person, comment: "", commentSalt, nonce, grant: signedBySam(data) } as const;
  expect(all.map(challengeIn)).toEqual([b64u(decisionChallenge(buildStatement(request, draft)))]);
});

test("signs nothing that is for more than is shown", async () => {
  const data = asked();
  const all = await remembering(data, { ...signedBySam(data), free: [{ pointer: "/replicas", bound: { from: 0, to: 300 } }] });
  await page.getByText("This cannot be signed: /replicas: from 0 or more, and to 3, which was shown.").waitFor();
  await page.mouse.wheel(0, 2_000);
  await approve().click();
  await page.getByText("Nothing was signed: look at what is to be remembered").first().waitFor();
  expect(all).toEqual([]);
});
