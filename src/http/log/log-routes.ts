/**
 * What anybody may read of the log, mounted at /log: the newest checkpoint, the key to verify it with, tiles and bundles of
 * entries (C2SP tlog-tiles), and proofs. Only what a signed checkpoint covers, and no "not found" that may be kept. A log that
 * has ended and is followed by another is read in the same way below /log/ended, so that its end can be shown to extend what
 * somebody remembers of it.
 */
import { type Context, Hono } from "hono";
import { hex, sha256, type Bytes } from "#countersign/encoding/bytes.ts";
import type { Result } from "#countersign/result.ts";
import { type ProofRefusal, readConsistency, readInclusion } from "#gate/log/reading/log-proofs.ts";
import { readTile } from "#gate/log/reading/log-tiles.ts";
import { proveKeys } from "#gate/log/reading/prove-keys.ts";
import { readRevealed } from "#gate/log/reading/revealed-leaf.ts";
import { logErrorCode } from "#gate/log/transparency-log.ts";
import { errorText, logLine } from "#config/log-line.ts";
import type { App } from "#http/context.ts";
import type { LogReadPorts, Ports, ReadLog } from "#http/ports.ts";
import { problem } from "#http/failures.ts";
import { logFailure } from "./log-failures.ts";

type LogContext = Context<App>;
type LogPorts = Awaited<ReturnType<Ports["log"]>>;

const TEXT = "text/plain; charset=utf-8";
/** What cannot change without the log being another one. */
const FOR_EVER = "public, max-age=31536000, immutable";
const FOR_A_MINUTE = "public, max-age=60";
const NOT_AT_ALL = { "content-type": TEXT, "cache-control": "no-store" };

async function serve(c: LogContext, read: (ports: LogPorts) => Promise<Response>): Promise<Response> {
  try {
    return await read(await c.var.ports.log());
  } catch (error) {
    logLine("log-unavailable", codeAndMessage(error));
    return c.body("The log does not answer now.\n", 503, NOT_AT_ALL);
  }
}

function codeAndMessage(error: unknown): { code: string; error: string } {
  return { code: logErrorCode(error) ?? "unavailable", error: errorText(error) };
}

const text = (c: LogContext, cacheControl: string, read: (log: ReadLog) => Promise<string>): Promise<Response> =>
  serve(c, async ({ log }) => c.body(await read(log), 200, { "content-type": TEXT, "cache-control": cacheControl }));

/** Where the log is that is asked for, and what of it. As it was sent: what is encoded, or spelt in any other way, is no tile's and no log's. */
function pathUnderLog(c: LogContext): { ended: string | null; path: string } {
  const { pathname } = new URL(c.req.url);
  const [, ended = null, path = ""] = /^\/log\/(?:ended\/([0-9a-f]{64})\/)?(.*)$/.exec(pathname) ?? [];
  return { ended, path };
}

/** Of an ended log nothing is asked but D1, which may have been put back to before its end, and lack what is asked for. */
async function serveEnded(c: LogContext, read: (ports: LogReadPorts) => Promise<Response>): Promise<Response> {
  const { ended } = pathUnderLog(c);
  try {
    const ports = ended === null ? null : await c.var.ports.endedLog(ended);
    return ports === null ? c.body("No log whose name has this hash has ended here.\n", 404, NOT_AT_ALL) : await read(ports);
  } catch (error) {
    logLine("log-unavailable", { code: logErrorCode(error) ?? "log_frozen", error: errorText(error) });
    return c.body("This log has ended, and the database does not show this of it: now, or for ever if it was put back.\n", 503, NOT_AT_ALL);
  }
}

const final = (c: LogContext): Promise<Response> =>
  serveEnded(c, async ({ log }) => c.body(await log.checkpoint(), 200, { "content-type": TEXT, "cache-control": FOR_A_MINUTE }));

type Serve = typeof serveEnded;

/** Always whole: a range is answered with everything, as RFC 9110 allows. */
const tile = (c: LogContext, from: Serve = serve): Promise<Response> =>
  from(c, async (ports) => {
    const bytes = await readTile(pathUnderLog(c).path, ports);
    if (bytes === null) return c.body("No such tile in the newest checkpoint's tree.\n", 404, NOT_AT_ALL);
    const etag = etagOf(bytes);
    const headers = { etag, "cache-control": FOR_EVER, "accept-ranges": "none" };
    if (isHeld(etag, c.req.header("if-none-match"))) return c.body(null, 304, headers);
    return c.body(bytes, 200, { ...headers, "content-type": "application/octet-stream" });
  });

const etagOf = (bytes: Bytes): string => `"${hex(sha256(bytes))}"`;

/** Whether If-None-Match (RFC 9110, section 13.1.2) names this tag; compared weakly, as it wants. */
const isHeld = (etag: string, ifNoneMatch = ""): boolean =>
  ifNoneMatch.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === etag);

type Read = (query: Record<string, string[]>, ports: LogReadPorts) => Promise<Result<object, ProofRefusal>>;

const proof = (c: LogContext, read: Read, from: Serve = serve): Promise<Response> =>
  from(c, async (ports) => {
    const proven = await read(c.req.queries(), ports);
    return proven.ok ? c.json(proven.value, 200, { "cache-control": FOR_EVER }) : problem(c, logFailure(proven.refusal));
  });

/** Kept for a minute: the record may be erased, and the deployment may stop revealing. What is not there is asked for again each time. */
const revealed = (c: LogContext): Promise<Response> =>
  serve(c, async (ports) => {
    const leaf = await readRevealed(pathUnderLog(c).path.replace(/^revealed\//, ""), ports);
    if (leaf === null) return problem(c, logFailure({ reason: "nothing-revealed" }));
    return c.json(leaf, 200, { "cache-control": FOR_A_MINUTE });
  });

const keys = (c: LogContext): Promise<Response> =>
  serve(c, async (ports) => c.json(await proveKeys(ports), 200, { "cache-control": FOR_A_MINUTE }));

const onlyReads = (c: LogContext): Response => c.body("Only GET and HEAD are answered here.\n", 405, { ...NOT_AT_ALL, allow: "GET, HEAD" });

export const logRoutes = new Hono<App>()
  .get("/checkpoint", (c) => text(c, "public, max-age=2", (log) => log.checkpoint()))
  .get("/vkey", (c) => text(c, FOR_A_MINUTE, (log) => log.vkey()))
  .get("/keys", keys)
  .get("/tile/*", (c) => tile(c))
  .get("/proof/consistency", (c) => proof(c, readConsistency))
  .get("/proof/inclusion", (c) => proof(c, readInclusion))
  .get("/revealed/:index", revealed)
  .get("/ended/:log/checkpoint", final)
  .get("/ended/:log/tile/*", (c) => tile(c, serveEnded))
  .get("/ended/:log/proof/consistency", (c) => proof(c, readConsistency, serveEnded))
  .get("/ended/:log/proof/inclusion", (c) => proof(c, readInclusion, serveEnded))
  .all("/checkpoint", onlyReads)
  .all("/vkey", onlyReads)
  .all("/keys", onlyReads)
  .all("/tile/*", onlyReads)
  .all("/proof/consistency", onlyReads)
  .all("/proof/inclusion", onlyReads)
  .all("/revealed/:index", onlyReads)
  .all("/ended/:log/checkpoint", onlyReads)
  .all("/ended/:log/tile/*", onlyReads)
  .all("/ended/:log/proof/consistency", onlyReads)
  .all("/ended/:log/proof/inclusion", onlyReads);
