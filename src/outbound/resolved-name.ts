/**
 * Where a name leads, by DNS over HTTPS in JSON (as Cloudflare, Google and others answer it): a second line, where the runtime resolves
 * names by itself and cannot be told which address to connect to. What a name leads to may be another a moment later.
 */
import { fromUtf8 } from "#countersign/encoding/bytes.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { readBounded } from "#config/bounded-body.ts";
import { isPublicAddress } from "#rules/addresses/public-address.ts";

const MOST_BYTES = 65_536;
const TYPES = [
  ["A", 1],
  ["AAAA", 28],
] as const;

/** Of an answer in JSON, as far as it is read. */
interface DnsAnswer {
  Status?: unknown;
  TC?: unknown;
  Answer?: unknown;
}

/** The addresses in an answer; null for one that is not understood, or not whole. */
function addressesIn(text: string, type: number): string[] | null {
  const answer = JSON.parse(text) as DnsAnswer | null;
  if (answer === null || typeof answer !== "object" || answer.Status !== 0 || answer.TC === true) return null;
  const records: unknown = answer.Answer ?? [];
  if (!Array.isArray(records)) return null;
  return (records as { type?: unknown; data?: unknown }[]).filter((record) => record.type === type).map(({ data }) => String(data));
}

async function ask(resolver: string, name: string, [type, number]: (typeof TYPES)[number], signal: AbortSignal): Promise<string[] | null> {
  const question = `${resolver}?name=${encodeURIComponent(name)}&type=${type}`;
  const response = await fetch(question, { headers: { accept: "application/dns-json" }, redirect: "manual", signal });
  const bytes = await readBounded(response, MOST_BYTES);
  const text = response.status === 200 && bytes !== null ? fromUtf8(bytes) : null;
  return text === null ? null : addressesIn(text, number);
}

/**
 * Whether `name` leads to public addresses only. `address-private`: one of them is not. `address-unknown`: there is none, or the resolver
 * does not say, which is no leave to connect. Throws where the resolver cannot be reached, and once `signal` is aborted.
 */
export async function judgeName(
  resolver: string,
  name: string,
  signal: AbortSignal,
): Promise<Result<undefined, "address-private" | "address-unknown">> {
  const answers = await Promise.all(TYPES.map((type) => ask(resolver, name, type, signal)));
  const addresses = answers.flatMap((answer) => answer ?? []);
  if (!addresses.every(isPublicAddress)) return refuse("address-private");
  return answers.includes(null) || addresses.length === 0 ? refuse("address-unknown") : accept(undefined);
}
