/**
 * Public reveal (docs/formats.md, "Request"): what an agent asked to have published, and a person approved under that
 * condition. Whoever only denied it, or never saw it, has published nothing.
 */
import type { RecordOf, LogRecord } from "./record.ts";
import type { RequestDocument } from "./request.ts";

/** The context of a request that is public once it is approved. */
export const REVEALED = { reveal: true } as const;

/** Whether the request is public once it is approved. */
export const asksReveal = ({ context }: RequestDocument): boolean => context["reveal"] === true;

/** Whether the record tells of a request that is public: its approval, and no other end. */
export const isRevealed = (record: LogRecord): record is RecordOf<"approval.approved"> =>
  record.kind === "approval.approved" && asksReveal(record.request);
