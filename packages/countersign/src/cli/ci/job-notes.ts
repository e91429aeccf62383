/**
 * What a step leaves for people and for other steps: outputs, a notice with the link, and the summary of the job. What agents and people
 * wrote is shown as text alone: it can neither begin a command of the runner nor be markup.
 */
import { appendFileSync } from "node:fs";
import type { Approval } from "../../sdk/client.ts";
import type { Surroundings } from "../command.ts";
import { complaintOf } from "../files/plain-file.ts";
import { visible } from "../visible.ts";
import type { CiInputs } from "./ci-inputs.ts";

/** A line of a summary: what it says, and of what. */
export type SummaryRow = [label: string, content: string];

/** The row whose content is an address of the service, and so a link. */
const PAGE = "Page";

/** Characters of one content in a summary. */
const MOST_CONTENT = 2_000;

/** Adds to a file of the platform's; says why if that is not possible, and goes on: nothing rests on it. */
function append(file: string, text: string, { tell }: Surroundings): void {
  try {
    appendFileSync(file, text);
  } catch (error) {
    tell(`countersign: ${visible(complaintOf(error))}\n`);
  }
}

/** Says values to later steps, where the platform has a file for them. A value is of one line, or it is left out. */
export function setOutputs(outputs: Readonly<Record<string, string>>, surroundings: Surroundings): void {
  const file = surroundings.environment["GITHUB_OUTPUT"];
  if (file === undefined || file === "") return;
  const lines = Object.entries(outputs).map(([name, value]) => (/[\r\n]/.test(value) ? "" : `${name}=${value}\n`));
  append(file, lines.join(""), surroundings);
}

/** A notice at the top of the run, where the platform has such. */
export function notice(level: "notice" | "error", title: string, text: string, { environment, print }: Surroundings): void {
  if (environment["GITHUB_ACTIONS"] !== "true") return;
  const escaped = visible(text).replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  print(`::${level} title=${title}::${escaped}\n`);
}

/** Text as it stands in Markdown: no markup, no HTML, no cell of a table begins in it. */
const asMarkdown = (text: string): string => {
  const shown = visible(text);
  const cut = shown.length > MOST_CONTENT ? `${shown.slice(0, MOST_CONTENT)}…` : shown;
  return cut.replaceAll(/[\\`*_{}[\]()#+\-.!|<>&~@$:]/g, (sign) => `&#${sign.codePointAt(0)};`);
};

/** An address as a link, where it is one that a browser opens; anything else as text. */
function asLink(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : null;
  // What is left of `<`, `>`, `|` or a space in an address is not an address any more.
  return url !== null && /^https?:$/.test(url.protocol) && !/[<>|\s`]/.test(url.href) ? `<${url.href}>` : asMarkdown(address);
}

/** The rows that say how a request stands. */
export function approvalRows(approval: Approval): SummaryRow[] {
  const { request_id, action, decided_by, comment, basis, rule, redeemed_at, outcome, status, approval_url, cancel_reason } = approval;
  return [
    ["Action", action],
    ["Request", request_id],
    ["Status", status],
    ...(basis === "passkeys" ? [] : [["Basis", `${basis}, no person has approved it`] satisfies SummaryRow]),
    ...(rule === undefined ? [] : [["Rule", rule] satisfies SummaryRow]),
    ...decided_by.map(({ username, verdict, decided_at }): SummaryRow => ["Decision", `${verdict} by ${username} at ${decided_at}`]),
    ...(comment === undefined ? [] : [["Comment", comment] satisfies SummaryRow]),
    ...(cancel_reason === undefined ? [] : [["Reason", cancel_reason] satisfies SummaryRow]),
    ...(redeemed_at === undefined ? [] : [["Redeemed", redeemed_at] satisfies SummaryRow]),
    ...(outcome === undefined ? [] : [["Outcome", outcome] satisfies SummaryRow]),
    [PAGE, approval_url],
  ];
}

/** Adds a table to the summary of the job; prints it where there is none. */
export function summarise(title: string, rows: readonly SummaryRow[], inputs: CiInputs, surroundings: Surroundings): void {
  const file = inputs.summary ?? surroundings.environment["GITHUB_STEP_SUMMARY"] ?? "";
  if (file === "") {
    surroundings.print(`${visible(title)}\n${rows.map(([label, content]) => `  ${label.padEnd(11)}${visible(content)}\n`).join("")}`);
    return;
  }
  const lines = rows.map(([label, content]) => `| ${asMarkdown(label)} | ${label === PAGE ? asLink(content) : asMarkdown(content)} |\n`);
  append(file, `### ${asMarkdown(title)}\n\n| | |\n| --- | --- |\n${lines.join("")}\n`, surroundings);
}
