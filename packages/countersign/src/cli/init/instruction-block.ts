/** What an agent is told of the gate, as a block of a file such as AGENTS.md, found again by its marks. */

const BEGIN = "<!-- countersign:begin -->";
const END = "<!-- countersign:end -->";

const INSTRUCTIONS = `## Approval by people (Countersign)

- Before you deploy, delete, pay, publish, or change anything outside of this folder that cannot be undone, call
  request_human_approval with everything that the action will use, exactly as it will be used.
- Act only on status "approved", once, with exactly that payload: call redeem_approval right before, and
  report_outcome right after.
- "denied", "expired" and "cancelled" mean no. Read the comment, and do not try another way to the same end.
- "pending" is no answer: show its link, and call wait_for_approval. If the gate does not answer, stop and say so.
`;

export const instructionBlock = (): string => `${BEGIN}\n${INSTRUCTIONS}${END}\n`;

/** The text with the block in it once: in the place of one that is there, or else at its end. Null if its marks do not fit. */
export function withInstructions(content: string | null): string | null {
  const text = content ?? "";
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin === -1 && end === -1) return `${text === "" || text.endsWith("\n\n") ? text : `${text.trimEnd()}\n\n`}${instructionBlock()}`;
  const isOnce = begin !== -1 && begin < end && text.indexOf(BEGIN, begin + 1) === -1 && text.indexOf(END, end + 1) === -1;
  if (!isOnce) return null;
  const rest = text.slice(end + END.length).replace(/^\n/, "");
  return `${text.slice(0, begin)}${instructionBlock()}${rest}`;
}
