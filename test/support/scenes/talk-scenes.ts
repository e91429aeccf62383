/** The card while people and an agent talk before a decision, and while something keeps a person from it. */
import { readThrough } from "#test/support/browser/browser-person.ts";
import type { OpenScene, Scene } from "./open-scene.ts";
import { FEWER_REPLICAS, ORDINARY } from "./stage-texts.ts";

/** What is proposed is for one action. */
const SAME_ACTION = "Deploy api 4.2 to staging";

const verified = ({ page }: OpenScene): Promise<void> => page.getByText("Display verified", { exact: true }).waitFor();
const timelineSays = ({ page }: OpenScene, text: string): Promise<void> =>
  page.getByRole("region", { name: "Timeline" }).getByText(text).first().waitFor();
const click = ({ page }: OpenScene, name: string): Promise<void> => page.getByRole("button", { name, exact: true }).click();
const fill = ({ page }: OpenScene, name: string, text: string): Promise<void> =>
  page.getByRole("textbox", { name, exact: true }).fill(text);

async function askBack(open: OpenScene): Promise<void> {
  await verified(open);
  await fill(open, "Question to the agent", "Why three replicas, if one was enough last week?");
  await click(open, "Ask back");
  await timelineSays(open, "The agent has not answered yet.");
}

async function propose(open: OpenScene): Promise<void> {
  await verified(open);
  await click(open, "Propose a change");
  await fill(open, "Payload that you would let pass", JSON.stringify(FEWER_REPLICAS, null, 2));
  await open.page.locator("#proposal-differs").getByText("replicas").first().waitFor();
}

async function pickAnother(open: OpenScene, shown: unknown): Promise<void> {
  await verified(open);
  await readThrough(open.page);
  const numbers = open.page.getByRole("group", { name: "Number that the agent shows" }).getByRole("button");
  const other = (await numbers.allInnerTexts()).find((number) => number !== shown) ?? "";
  await click(open, other);
  await click(open, "Approve with passkey");
  await open.page.getByRole("alert").getByText("That is not the number").waitFor();
}

export const TALK_SCENES: readonly Scene[] = [
  { name: "card-question-asked", as: "alex", path: (stage) => stage.askAt("questioned"), play: askBack },
  {
    name: "card-question-answered",
    as: "alex",
    path: (stage) => stage.askAt("answered"),
    play: async (open, stage) => {
      await askBack(open);
      await stage.answer("answered", "One for each zone. With one, an outage of a zone takes the service down.");
      await timelineSays(open, "One for each zone.");
    },
  },
  { name: "card-change-proposed", as: "alex", path: (stage) => stage.askAt("to-change"), play: propose },
  {
    name: "card-change-that-cannot-be",
    as: "alex",
    path: (stage) => stage.askAt("to-change-wrongly"),
    play: async (open) => {
      await propose(open);
      await fill(open, "Payload that you would let pass", '{ "service": "api", "replicas": 2, "replicas": 1 }');
      await open.page.locator("#proposal-wrong").getByText(/\S/).waitFor();
    },
  },
  {
    name: "card-as-proposed",
    as: "alex",
    path: (stage) => stage.askAt("proposed", { action: SAME_ACTION }),
    play: async (open, stage) => {
      await propose(open);
      await click(open, "Deny with passkey");
      await open.page.getByRole("status").getByText("Denied", { exact: true }).waitFor();
      await stage.ask("as-proposed", { action: SAME_ACTION, payload: FEWER_REPLICAS });
      await open.page.goto(new URL(stage.approval("as-proposed"), stage.origin).href);
      await open.page.getByText("proposed when denying").waitFor();
      await verified(open);
    },
  },
  {
    name: "card-more-time",
    as: "alex",
    path: (stage) => stage.askAt("near-its-end", { expires_in_seconds: 240 }),
    play: async (open) => {
      await verified(open);
      await open.page.getByRole("button", { name: "Give more time" }).waitFor();
    },
  },
  {
    name: "card-number",
    as: "alex",
    path: (stage) => stage.askAt("to-pick", { action: "Drop the table of sessions", tool: "drop" }, stage.dataBot),
    play: verified,
  },
  {
    name: "card-number-wrong",
    as: "alex",
    path: (stage) => stage.askAt("to-pick-wrongly", { action: "Drop the table of carts", tool: "drop" }, stage.dataBot),
    play: (open, stage) => pickAnother(open, stage.request("to-pick-wrongly")["match_code"]),
  },
  {
    name: "card-cooling-down",
    as: "alex",
    path: async (stage) => {
      const drop = { tool: "drop", payload: ORDINARY };
      await stage.ask("denied-of-hasty", { ...drop, action: "Drop the table of orders" }, stage.hastyBot);
      await stage.ask("next-of-hasty", { ...drop, action: "Drop the table of old orders" }, stage.hastyBot);
      await stage.people.sam.decide(stage.request("denied-of-hasty").approval_url, "denied", "Wrong target");
      return stage.approval("next-of-hasty");
    },
    play: async (open) => {
      await verified(open);
      // What was not seen is named first.
      await readThrough(open.page);
      const numbers = open.page.getByRole("group", { name: "Number that the agent shows" }).getByRole("button");
      await numbers.first().click();
      await open.page
        .locator("#hint")
        .getByText(/You can approve in \d+ seconds?\./)
        .waitFor();
    },
  },
];
