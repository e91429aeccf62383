/**
 * Whether an IP address belongs to everybody: IANA's special-purpose registries for IPv4 and IPv6 (RFC 6890 and what came after), read
 * strictly. Whatever carries an IPv4 address inside (mapped, NAT64, 6to4, Teredo) counts as special: what it reaches depends on the network.
 */

/** Networks that are not everybody's, as [first address, bits]. */
const SPECIAL_V4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  // Multicast, reserved, broadcast.
  ["224.0.0.0", 3],
];

/** Within 2000::/3, outside of which nothing is everybody's. */
const SPECIAL_V6: readonly (readonly [readonly number[], number])[] = [
  // Protocol assignments: Teredo, benchmarking, ORCHID and others.
  [[0x2001, 0x0000], 23],
  [[0x2001, 0x0db8], 32],
  // 6to4.
  [[0x2002], 16],
  [[0x3fff], 20],
];

const DECIMAL = /^(0|[1-9]\d{0,2})$/;

/** The address as a number; null unless it is four decimal numbers without leading zeros. */
function parseV4(text: string): number | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => DECIMAL.test(part) && Number(part) < 256)) return null;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Eight groups of 16 bits; null for what is no IPv6 address. Zones are none. */
function parseV6(text: string): number[] | null {
  // The parser of URLs knows every way to write one, and gives the shortest.
  if (!/^[\da-f:.]+$/i.test(text) || !URL.canParse(`http://[${text}]`)) return null;
  const [before = "", after] = new URL(`http://[${text}]`).hostname.slice(1, -1).split("::");
  const groups = (part: string): number[] => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16)));
  const [left, right] = [groups(before), groups(after ?? "")];
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right];
}

function isPublicV4(address: number): boolean {
  return !SPECIAL_V4.some(([first, bits]) => {
    const size = 2 ** (32 - bits);
    return Math.floor(address / size) === Math.floor((parseV4(first) ?? 0) / size);
  });
}

function begins(groups: readonly number[], first: readonly number[], bits: number): boolean {
  const high = (list: readonly number[]): number => (list[0] ?? 0) * 0x1_0000 + (list[1] ?? 0);
  const size = 2 ** (32 - bits);
  return Math.floor(high(groups) / size) === Math.floor(high(first) / size);
}

/**
 * Whether `ip` is an address that anybody may be reached at: IPv4 in four decimal numbers or IPv6, without brackets and zone. False for
 * private, loopback, link-local, shared, documentation, multicast and reserved ones, for those that carry another address inside, and for
 * whatever is no address.
 */
export function isPublicAddress(ip: string): boolean {
  const v4 = parseV4(ip);
  if (v4 !== null) return isPublicV4(v4);
  const v6 = parseV6(ip);
  if (v6 === null || !begins(v6, [0x2000], 3)) return false;
  return !SPECIAL_V6.some(([first, bits]) => begins(v6, first, bits));
}

/** Whether `ip`, written as `isPublicAddress` wants it, leads to this very machine. */
export function isLoopbackAddress(ip: string): boolean {
  const v4 = parseV4(ip);
  if (v4 !== null) return Math.floor(v4 / 2 ** 24) === 127;
  return parseV6(ip)?.every((group, i) => group === (i === 7 ? 1 : 0)) ?? false;
}
