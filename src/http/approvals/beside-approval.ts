/** What the approval page shows to help whoever reads it, in the form of its data. */
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import { approvedBefore, type ApprovedBeforePorts } from "#gate/approvals/beside/approved-before.ts";
import {
  agentSession,
  type BesidePorts,
  type CallFacts,
  callFacts,
  previousCall,
  type Session,
} from "#gate/approvals/beside/beside-request.ts";
import type { PageView } from "#gate/approvals/remote-approval.ts";
import type { Viewer } from "#gate/approvals/visible-request.ts";
import { plainText } from "#pages/kit/text-view.ts";
import { looksOf } from "#rules/reading/look/looks.ts";
import { payloadMarks } from "#rules/reading/payload-marks.ts";
import { hintWords } from "#rules/reading/hint-words.ts";
import { schemaNotes } from "#rules/reading/schema-notes.ts";
import { errorText, logLine } from "#config/log-line.ts";
import type { ReadingAids } from "#api/reading/reading-aids.ts";

/** The data block is a mutable document; places are not. */
const placed = <One extends { at: readonly string[] }>({ at, ...one }: One) => ({ ...one, at: [...at] });

/** Null where it is not known how the gate shows itself there. */
function runsAs({ authentication, connectedAs }: CallFacts, server: string): string | null {
  if (authentication === null) return null;
  if (authentication === "authorization_code") {
    if (connectedAs === null) return ", as nobody yet: it is not connected.";
    const { account, by } = connectedAs;
    return account === null
      ? `, as whoever ${by} signed in as there.`
      : `, as ${plainText(account)}, as its issuer says; ${by} connected it.`;
  }
  return authentication === "none" ? ", without any credential." : `, with the gate’s credential for ${server}.`;
}

function callAid(facts: CallFacts, server: string, isSentAtOnce: boolean): ReadingAids["call"] {
  const { definition } = facts;
  const { hints, isGrave } = hintWords(definition);
  const runs = runsAs(facts, server);
  return { definition, runs_as: runs, hints, is_grave: isGrave, asked: null, ...(isSentAtOnce && { at_once: true as const }) };
}

function previewAid(call: PageView["call"]): Pick<ReadingAids, "preview"> {
  if (call?.preview === undefined) return {};
  const { tool, args, shown } = call.preview;
  return { preview: { tool, arguments: args, shown: JSON.parse(shown) as JsonValue } };
}

/** What is marked and said of a payload; nothing if that fails: it decides nothing, and must keep nobody from looking or denying. */
function lookedAt(payload: JsonObject, action: string, past: readonly JsonObject[]): Pick<ReadingAids, "marks" | "looks"> {
  try {
    const marks = payloadMarks(payload);
    return { marks: marks.map(placed), looks: looksOf(payload, marks, { action, past }).map(placed) };
  } catch (error) {
    logLine("unwell", { part: "reading", error: errorText(error) });
    return { marks: [] };
  }
}

/** What stands beside a request that this person may look at. */
export async function besideApproval(
  view: PageView,
  person: Viewer,
  ports: BesidePorts & ApprovedBeforePorts,
): Promise<{ aids: ReadingAids; session: Session }> {
  const [aids, session] = await Promise.all([readingAidsOf(view, person, ports), agentSession(view, person, ports)]);
  return { aids, session };
}

/** What helps to read a request that this person may look at. */
export async function readingAidsOf(view: PageView, person: Viewer, ports: BesidePorts & ApprovedBeforePorts): Promise<ReadingAids> {
  const [call, previous, past] = await Promise.all([
    callFacts(view, ports),
    previousCall(view, person, ports),
    approvedBefore(view, person, ports),
  ]);
  const payload = view.payload === null ? {} : (JSON.parse(view.payload) as JsonObject);
  const { arguments: given } = payload;
  return {
    ...lookedAt(payload, view.snapshot.request.action, past),
    notes: call === null || !isObject(given) ? [] : schemaNotes(call.definition, given, ["arguments"]).map(placed),
    call: call && callAid(call, typeof payload["server"] === "string" ? payload["server"] : "", view.call?.onApproval === true),
    ...previewAid(view.call),
    previous: previous && { request: previous.request, approved_at: previous.approvedAt, payload: previous.payload },
  };
}
