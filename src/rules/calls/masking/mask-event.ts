/** One event of a server's stream, masked: its data as a message, and no field that holds a credential. */
import { accept, type Result } from "#countersign/result.ts";
import { type Credentials, holdsCredential } from "./credentials.ts";
import { maskAnswer, type MaskedText, type MaskingRefusal } from "./mask-answer.ts";
import type { Masks } from "./masks.ts";
import { type ServerEvent, writeServerEvent } from "./server-events.ts";

/**
 * The event as text to be sent on. Events without data, or with empty data (which begin a stream that can be resumed), hold no
 * message. A field that holds a credential is left out: an id then cannot be resumed from.
 */
export function maskServerEvent(event: ServerEvent, masks: Masks, credentials: Credentials): Result<MaskedText, MaskingRefusal> {
  const fields = event.fields.filter((line) => !holdsCredential(line, credentials));
  if (event.data === null || event.data === "") return accept({ text: writeServerEvent({ ...event, fields }, event.data), masked: [] });
  const message = maskAnswer(event.data, masks, credentials);
  if (!message.ok) return message;
  return accept({ text: writeServerEvent({ ...event, fields }, message.value.text), masked: message.value.masked });
}
