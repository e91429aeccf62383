/**
 * What anybody may read of a log, over HTTP: the newest checkpoint, tiles, bundles, proofs, keys. Answers are bounded in size and
 * time, redirects are not followed, and what is not in its one form is refused. Nothing is verified here against a signature
 * or a root: whoever asks does that.
 */
import { type Bytes, fromB64, fromUtf8, hex, sha256, utf8 } from "../encoding/bytes.ts";
import { parseJson } from "../json/canonical-json.ts";
import { recordOfKind } from "../documents/record.ts";
import { accept, refuse, type Result } from "../result.ts";
import { fit, list, matching, object, type Of, type Shape, text } from "../json/shape.ts";
import { base64url, count } from "../documents/words.ts";
import { parseNote, parseVkey } from "../tlog/note.ts";
import { type TileAddress, tilePath } from "../tlog/tile.ts";
import { fetchFailure } from "./fetch-failure.ts";
import { readAtMost } from "./read-at-most.ts";

/** How long one answer may take, to its last byte. */
const ANSWER_MS = 30_000;
const MAX_TEXT_BYTES = 65_536;
const MAX_KEYS_BYTES = 4_194_304;
const ENTRY_BYTES = 33;
/** No tree of a safe integer's size needs more. */
const MAX_PATH = 54;
/** Each is proven by a signature; a log that changes its key every week has that many after 20 years. */
const MAX_KEYS = 1_024;

export interface LogClientOptions {
  /** Where the log is, without a slash at the end, such as `https://gate.example.com/log`. */
  url: string;
  /** For tests; the platform's by default. */
  fetch?: typeof fetch;
  /** How long one answer may take; 30 s by default. */
  answerMs?: number;
}

/** Why nothing usable came: no answer or a failure, an answer that is not what was asked for, or a plain 404. */
export interface LogRefused {
  code: "unreachable" | "malformed" | "not_found";
  /** One sentence for a person. */
  message: string;
}

type Answer<T> = Promise<Result<T, LogRefused>>;

const hashText = matching(/^[A-Za-z0-9+/]{43}=$/, "32 bytes in base64");
const consistencyShape = object({ consistency: list(hashText, 0, MAX_PATH) });
const keysShape = object({
  items: list(
    object({ index: count, record: recordOfKind("log.genesis", "key.rotated"), salt: base64url(32), proof: text(1) }),
    1,
    MAX_KEYS,
  ),
});
/** A leaf that names a key of the log, with its proof (docs/formats.md, "Proof"). Nothing of it is verified. */
export type LogKeyItem = Of<typeof keysShape>["items"][number];

export class LogClient {
  readonly url: string;
  readonly #fetch: typeof fetch;
  readonly #answerMs: number;

  constructor({ url, fetch: get = fetch, answerMs = ANSWER_MS }: LogClientOptions) {
    this.url = url;
    // Called as a function: platforms refuse their fetch as another object's method.
    this.#fetch = (...args) => get(...args);
    this.#answerMs = answerMs;
  }

  /** The log of that origin line which this one, or one after it, has followed at this address: what is still served of it. */
  ofEnded(origin: string): LogClient {
    return new LogClient({ url: `${this.url}/ended/${hex(sha256(utf8(origin)))}`, fetch: this.#fetch, answerMs: this.#answerMs });
  }

  /** The newest checkpoint, a signed note as it is served. */
  async checkpoint(): Answer<string> {
    const note = await this.#text("checkpoint");
    return !note.ok || parseNote(note.value).ok ? note : refuse(malformed("checkpoint", "no signed note"));
  }

  /** The newest of the log's keys, as a verifier key. */
  async vkey(): Answer<string> {
    const line = await this.#text("vkey");
    if (!line.ok) return line;
    const vkey = line.value.replace(/\n$/, "");
    return parseVkey(vkey).ok ? accept(vkey) : refuse(malformed("vkey", "no verifier key"));
  }

  /** Hashes that should prove that the tree of `to` leaves extends the one of `from` (RFC 6962, section 4.4). */
  async consistency(from: number, to: number): Answer<Bytes[]> {
    const path = `proof/consistency?from=${from}&to=${to}`;
    const proof = await this.#json(path, MAX_TEXT_BYTES, consistencyShape);
    if (!proof.ok) return proof;
    const hashes = proof.value.consistency.map(fromB64);
    const isPath = (all: (Bytes | null)[]): all is Bytes[] => all.every((hash) => hash?.length === 32);
    return isPath(hashes) ? accept(hashes) : refuse(malformed(path, "no list of hashes"));
  }

  /** The first `width` hashes of a tile, 1 to 256, one after the other. */
  tile(address: TileAddress, width: number): Answer<Bytes> {
    return this.#sized(tilePath(address, width), width * 32);
  }

  /** The first `width` entries, 33 bytes each, of the leaves under tile `n` of level 0. */
  async entries(n: number, width: number): Answer<Bytes[]> {
    const path = tilePath({ level: 0, n }, width).replace("tile/0/", "tile/entries/");
    const bundle = await this.#sized(path, width * (2 + ENTRY_BYTES));
    if (!bundle.ok) return bundle;
    const bytes = bundle.value;
    const entries: Bytes[] = [];
    for (let at = 0; at < bytes.length; at += 2 + ENTRY_BYTES) {
      if (bytes[at] !== 0 || bytes[at + 1] !== ENTRY_BYTES) return refuse(malformed(path, "an entry that is not of 33 bytes"));
      entries.push(bytes.slice(at + 2, at + 2 + ENTRY_BYTES));
    }
    return accept(entries);
  }

  /** The leaves that name the log's keys, from genesis on, oldest first. */
  async keys(): Answer<LogKeyItem[]> {
    const keys = await this.#json("keys", MAX_KEYS_BYTES, keysShape);
    return keys.ok ? accept(keys.value.items) : keys;
  }

  async #json<T>(path: string, maxBytes: number, shape: Shape<T>): Answer<T> {
    const answer = await this.#text(path, maxBytes);
    if (!answer.ok) return answer;
    const json = parseJson(answer.value);
    const fitting = json.ok ? fit(shape, json.value) : refuse(json.refusal.message);
    return fitting.ok ? fitting : refuse(malformed(path, fitting.refusal));
  }

  async #text(path: string, maxBytes = MAX_TEXT_BYTES): Answer<string> {
    const answer = await this.#bytes(path, maxBytes);
    if (!answer.ok) return answer;
    const content = fromUtf8(answer.value);
    return content === null ? refuse(malformed(path, "not UTF-8")) : accept(content);
  }

  async #sized(path: string, length: number): Answer<Bytes> {
    const answer = await this.#bytes(path, length);
    if (!answer.ok || answer.value.length === length) return answer;
    return refuse(malformed(path, `${answer.value.length} bytes instead of ${length}`));
  }

  async #bytes(path: string, maxBytes: number): Answer<Bytes> {
    try {
      const response = await this.#fetch(`${this.url}/${path}`, { redirect: "manual", signal: AbortSignal.timeout(this.#answerMs) });
      if (response.status === 200) {
        const bytes = await readAtMost(response, maxBytes);
        return bytes === null ? refuse(malformed(path, `more than ${maxBytes} bytes`)) : accept(bytes);
      }
      await response.body?.cancel();
      return refuse(refusalOf(path, response));
    } catch (error) {
      return refuse({ code: "unreachable", message: `The log did not answer for ${path} (${fetchFailure(error)}).` });
    }
  }
}

const malformed = (path: string, what: string): LogRefused => ({
  code: "malformed",
  message: `What the log answers for ${path} cannot be read: ${what}.`,
});

function refusalOf(path: string, { status }: Response): LogRefused {
  if (status === 404) return { code: "not_found", message: `The log has nothing at ${path}.` };
  // Of a redirect that is not followed, browsers show no status.
  if (status === 0 || (status >= 300 && status < 400)) return malformed(path, "a redirect, which is not followed");
  return { code: "unreachable", message: `The log answered HTTP ${status} for ${path}.` };
}
