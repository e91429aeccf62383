/** What a message is known by: made of what it tells and whom, so that planning the same again makes no second one. */
import { b64u } from "#countersign/encoding/bytes.ts";
import { hashJson } from "#countersign/json/canonical-json.ts";

const BYTES = 24;

/**
 * `msg_` and 32 characters of base64url. `to` is the contact (`cnt_…`), the place's address, the message that is changed (`msg_…`), or null
 * for the channel itself.
 */
export const messageId = (requestId: string, eventNumber: number, channelId: string, to: string | null): string =>
  `msg_${b64u(hashJson(["countersign/message", requestId, eventNumber, channelId, to]).subarray(0, BYTES))}`;
