/** Calls as `/api/v1/calls` answers them (api/calls/call-data.ts). */
import type { CallItem, CallStep } from "#api/calls/call-data.ts";
import type { ListedCall } from "#storage/calls/call-lists.ts";

/** What is kept of both, where it was asked for. */
const contentOf = ({ content }: ListedCall) => {
  const kept = (text: string | null | undefined, isCut: boolean | undefined) => (text == null ? null : { text, cut: isCut === true });
  return {
    arguments: kept(content?.arguments, content?.isCut.arguments),
    result: kept(content?.result, content?.isCut.result),
  };
};

export function callAnswer(call: ListedCall, withContent: boolean): CallItem {
  const { type: _, request, ...record } = call.record;
  return {
    ...record,
    request_id: request,
    session: call.session,
    trace: call.trace,
    masked: call.masked,
    ...(withContent && contentOf(call)),
  };
}

/** One step of a session: what was called, how it was judged, who was asked, and what came of it. */
export function sessionStep(call: ListedCall, withContent: boolean, origin: string): CallStep {
  const { record, trace, masked } = call;
  const content = withContent ? contentOf(call) : null;
  return {
    call: {
      agent: record.agent,
      number: record.number,
      at: record.at,
      server: record.server,
      method: record.method,
      tool: record.tool,
      arguments_hash: record.arguments_hash,
      arguments_bytes: record.arguments_bytes,
      ...(content !== null && { arguments: content.arguments }),
      trace,
    },
    judgement: {
      rule: record.rule,
      policy: record.policy,
      schema_hash: record.schema_hash,
      code: record.code,
      flags: record.flags,
      count: record.count,
    },
    request: record.request === null ? null : { id: record.request, url: `${origin}/a/${record.request}` },
    result: {
      status: record.status,
      result_hash: record.result_hash,
      result_bytes: record.result_bytes,
      ms: record.ms,
      ...(content !== null && { result: content.result }),
      masked,
    },
  };
}

/** `next_cursor` says where the next call goes on. */
export const callPlaceText = ({ id }: ListedCall): string => id.toString(36);

/** Null for a text that is no place. */
export function callPlaceIn(cursor: string): number | null {
  const id = /^[0-9a-z]{1,11}$/.test(cursor) ? Number.parseInt(cursor, 36) : Number.NaN;
  return Number.isSafeInteger(id) ? id : null;
}
