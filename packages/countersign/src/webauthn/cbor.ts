/**
 * Whether bytes are one CBOR map in CTAP2 canonical form (CTAP 2.2, section 8): definite and shortest lengths, keys sorted
 * and therefore unique, no tags, at most four levels. Narrower still: keys and texts are ASCII, numbers integers of at most
 * 32 bits, which covers every registered extension output. What the map says is not read.
 */

const MAX_LEVELS = 4;
const [UNSIGNED, NEGATIVE, BYTES, TEXT, LIST, MAP] = [0, 1, 2, 3, 4, 5];
const [FALSE, TRUE, NULL] = [0xf4, 0xf5, 0xf6];

interface Head {
  majorType: number;
  argument: number;
  /** Offset of what follows the head. */
  end: number;
}

/** The head at `at`, null if cut off, indefinite, of 64 bits, or longer than it needs to be. */
function readHead(bytes: Uint8Array, at: number): Head | null {
  const initial = bytes[at];
  if (initial === undefined) return null;
  const majorType = initial >> 5;
  const short = initial & 0x1f;
  if (short < 24) return { majorType, argument: short, end: at + 1 };
  if (short > 26) return null;
  const width = 2 ** (short - 24);
  const digits = bytes.subarray(at + 1, at + 1 + width);
  const argument = digits.reduce((sum, byte) => sum * 256 + byte, 0);
  const smallest = width === 1 ? 24 : 2 ** (4 * width);
  return digits.length < width || argument < smallest ? null : { majorType, argument, end: at + 1 + width };
}

/** Offset after the item at `at`, null if there is no acceptable one. */
function skipItem(bytes: Uint8Array, at: number, levels: number): number | null {
  if (bytes[at] === FALSE || bytes[at] === TRUE || bytes[at] === NULL) return at + 1;
  const head = readHead(bytes, at);
  switch (head?.majorType) {
    case UNSIGNED:
    case NEGATIVE:
      return head.end;
    case BYTES:
      return head.end + head.argument <= bytes.length ? head.end + head.argument : null;
    case TEXT:
      return skipText(bytes, head);
    case LIST:
      return levels === 0 ? null : skipList(bytes, head, levels - 1);
    case MAP:
      return levels === 0 ? null : skipMap(bytes, head, levels - 1);
    default:
      return null;
  }
}

function skipText(bytes: Uint8Array, { end, argument }: Head): number | null {
  const content = bytes.subarray(end, end + argument);
  return content.length === argument && content.every((byte) => byte < 0x80) ? end + argument : null;
}

function skipList(bytes: Uint8Array, { end, argument }: Head, levels: number): number | null {
  let at: number | null = end;
  for (let item = 0; item < argument && at !== null; item++) at = skipItem(bytes, at, levels);
  return at;
}

function skipMap(bytes: Uint8Array, { end, argument }: Head, levels: number): number | null {
  let at: number | null = end;
  let previous: Uint8Array | null = null;
  for (let member = 0; member < argument && at !== null; member++) {
    const head = readHead(bytes, at);
    const afterName: number | null = head?.majorType === TEXT ? skipText(bytes, head) : null;
    if (afterName === null) return null;
    const name = bytes.subarray(at, afterName);
    if (previous !== null && !isBefore(previous, name)) return null;
    previous = name;
    at = skipItem(bytes, afterName, levels);
  }
  return at;
}

/** Bytewise order of two encoded keys, which of texts is the shorter first. */
function isBefore(left: Uint8Array, right: Uint8Array): boolean {
  for (const [index, byte] of left.entries()) if (byte !== right[index]) return byte < (right[index] ?? -1);
  return left.length < right.length;
}

/** Whether `bytes` are exactly one such map. */
export const isCanonicalMap = (bytes: Uint8Array): boolean =>
  bytes[0] !== undefined && bytes[0] >> 5 === MAP && skipItem(bytes, 0, MAX_LEVELS) === bytes.length;
