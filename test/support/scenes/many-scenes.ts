/** Many requests at once: the inbox's lists, a search, what is selected, several under one signature, and two beside each other. */
import { readThrough } from "#test/support/browser/browser-person.ts";
import type { OpenScene, Scene } from "./open-scene.ts";
import type { Stage } from "./stage.ts";
import { BEFORE_AND_AFTER, FEWER_REPLICAS, ORDINARY, WITH_CODE } from "./stage-texts.ts";

const button = ({ page }: OpenScene, name: string | RegExp) => page.getByRole("button", { name });

const allVerified = async ({ page }: OpenScene): Promise<void> => {
  await page.getByText("Checking", { exact: true }).first().waitFor({ state: "detached" });
  await page.getByText("Display verified", { exact: true }).last().waitFor();
};

async function idsOf(stage: Stage, asks: readonly Record<string, unknown>[]): Promise<string[]> {
  const ids: string[] = [];
  for (const ask of asks) ids.push((await stage.ask(`of-many-${crypto.randomUUID()}`, ask)).request_id);
  return ids;
}
const batchOf = (ids: readonly string[]): string => `/batch?${ids.map((id) => `id=${id}`).join("&")}`;

const MIXED = [
  { action: "Deploy api 4.2 to staging", payload: ORDINARY },
  { action: "Change the limits of the shop", payload: BEFORE_AND_AFTER, reason: "" },
  { action: "Migrate the accounts", payload: WITH_CODE, server: "db", tool: "migrate" },
];
const mixed = async (stage: Stage): Promise<string> => batchOf(await idsOf(stage, MIXED));

async function leaveOutSecond(open: OpenScene): Promise<void> {
  await allVerified(open);
  await open.page.getByRole("article").nth(1).getByRole("button", { name: "Leave out" }).click();
  await open.page.getByText("You leave it out: it goes on waiting.").waitFor();
}

const BATCH: readonly Scene[] = [
  { name: "batch", as: "alex", path: mixed, play: allVerified },
  { name: "batch-left-out", as: "alex", path: mixed, play: leaveOutSecond },
  {
    name: "batch-not-among",
    as: "alex",
    path: async (stage) => {
      const critical = await idsOf(stage, [{ action: "Wipe the disks of the old rack", tool: "wipe" }]);
      const ended = [stage.request("denied"), stage.request("of-sam")].map(({ request_id: id }) => id);
      return batchOf([...critical, ...(await idsOf(stage, MIXED.slice(0, 2))), ...ended]);
    },
    play: allVerified,
  },
  {
    name: "batch-none",
    as: "alex",
    path: (stage) => batchOf([stage.request("denied").request_id, stage.request("cancelled").request_id]),
  },
  {
    name: "batch-signed",
    as: "alex",
    path: mixed,
    play: async (open) => {
      // Whoever leaves out the second before reading has leapt over the first.
      await allVerified(open);
      await readThrough(open.page);
      await leaveOutSecond(open);
      await button(open, "Sign 2 approvals with passkey").click();
      await open.page.getByText("2 of 2 approvals recorded.").waitFor();
    },
  },
  {
    name: "compare",
    as: "alex",
    path: async (stage) => {
      const [a, b] = await idsOf(stage, [MIXED[0] ?? {}, { action: "Deploy api 4.3 to staging", payload: FEWER_REPLICAS }]);
      return `/compare?a=${a}&b=${b}`;
    },
  },
  {
    name: "compare-of-two-kinds",
    as: "alex",
    path: async (stage) => {
      const [a, b] = await idsOf(stage, MIXED.slice(1));
      return `/compare?a=${a}&b=${b}`;
    },
  },
];

const INBOX: readonly Scene[] = [
  { name: "inbox-waiting-on-others", as: "alex", path: "/?tab=waiting-on-others" },
  { name: "inbox-decided", as: "alex", path: "/?tab=decided" },
  { name: "inbox-search", as: "alex", path: "/?q=invoices" },
  { name: "inbox-search-nothing", as: "alex", path: "/?q=no+such+thing&risk=high%2Ccritical" },
  {
    name: "inbox-selected",
    as: "alex",
    path: "/",
    play: async (open) => {
      const boxes = open.page.getByRole("checkbox", { name: /^Select / });
      for (const nth of [0, 1, 2]) await boxes.nth(nth).check();
      await button(open, "Review 3 together").waitFor();
    },
  },
  {
    name: "inbox-keys",
    as: "alex",
    path: "/",
    play: async ({ page }) => {
      await page.getByRole("button", { name: "Keyboard" }).waitFor();
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    },
  },
  {
    name: "inbox-offline",
    as: "alex",
    path: "/",
    play: async ({ page, context }) => {
      await page.getByRole("button", { name: "Keyboard" }).waitFor();
      await context.setOffline(true);
      await page.getByRole("alert").getByText("Not connected").waitFor();
    },
  },
];

export const MANY_SCENES: readonly Scene[] = [...INBOX, ...BATCH];
