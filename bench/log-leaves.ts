/** Leaves as approvals make them: like those of one real approval, each of a request of its own. For Node and for Workers. */
import { b64u, hex } from "../src/core/bytes.ts";
import type { LogRecord } from "../src/core/record.ts";
import type { Leaf } from "../src/gate/transparency-log.ts";

const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));

/** A leaf like that of `template`, as if of another request. It has no effect but to be in the log. */
export function leafLike(template: LogRecord): Leaf {
  const id = `apr_${b64u(random(24))}`;
  const record: LogRecord =
    "request" in template ? { ...template, request: { ...template.request, id } } : { ...template, ...hashesOf(template) };
  return { idem: `${id}:${record.kind}`, sealed: { record, salt: b64u(random(32)) }, effect: null };
}

const hashesOf = (template: LogRecord): { request_hash?: string } => ("request_hash" in template ? { request_hash: hex(random(32)) } : {});
