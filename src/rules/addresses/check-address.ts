/**
 * Which addresses named by somebody outside may be sent to. One guard for whatever the gate connects to; what a name resolves to is
 * looked at by src/outbound. The author of an address chooses every character of it.
 */
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { OutboundFailure } from "#gate/channels/outbound.ts";
import { isLoopbackAddress, isPublicAddress } from "./public-address.ts";

export type AddressFailure = Extract<OutboundFailure, `address-${string}`>;

export interface AddressRules {
  /** The gate's own host, with its port if it has one: `gate.example.com`, `localhost:8787`. */
  ownHost: string;
  /** Development: this machine may be sent to, over HTTP too. */
  allowsLoopback: boolean;
}

const MOST_CHARACTERS = 2_048;

/** Visible ASCII and letters of other scripts; no blanks, no controls, no backslash, which parsers of URLs take for a slash. */
const WRITTEN = /^(https?):\/\/([^/?#]+)([/?][^#]*)?$/i;
const STRAYS = /[\p{White_Space}\p{Cc}\p{Cf}\p{Cs}\\]/u;

/** Names that lead to somewhere else in each network (RFC 6761, 6762, 8375, and ICANN's reservation of .internal). */
const INNER_NAME = /(^|\.)(localhost|local|localdomain|internal|intranet|private|corp|home|lan|home\.arpa)$/;

/** As in the DNS: labels of at most 63 characters, 253 in all, none of them empty, also not the last. */
const NAME = /^(?=.{1,253}$)[a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?(\.[a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?)*$/;

interface Host {
  kind: "name" | "v4" | "v6";
  /** Without brackets. */
  text: string;
}

function hostOf({ hostname }: URL): Host {
  if (hostname.startsWith("[")) return { kind: "v6", text: hostname.slice(1, -1) };
  // The parser has made decimal numbers of every spelling, and refuses names that end in a number.
  return { kind: /^[\d.]+$/.test(hostname) ? "v4" : "name", text: hostname };
}

/** The URL if it is written as addresses are; null for anything that two readers could take for two addresses. */
function parse(text: string): { url: URL; authority: string } | null {
  const [, , authority = ""] = WRITTEN.exec(text) ?? [];
  if (text.length > MOST_CHARACTERS || STRAYS.test(text) || !/^[^@%]+$/.test(authority) || !URL.canParse(text)) return null;
  const url = new URL(text);
  const isPort = url.port === "" || url.port === "443" || Number(url.port) >= 1_024 || url.protocol === "http:";
  return isPort && !/:0*$/.test(authority) ? { url, authority: authority.toLowerCase() } : null;
}

const isLoopback = ({ kind, text }: Host): boolean => (kind === "name" ? /(^|\.)localhost$/.test(text) : isLoopbackAddress(text));

/** Names of one label are somebody's network's, and of those of more these. */
const isPublic = ({ kind, text }: Host): boolean =>
  kind === "name" ? text.includes(".") && !INNER_NAME.test(text.replace(/\.$/, "")) : isPublicAddress(text);

/** Whether the host is written as it is understood: `127.1`, `0x7f000001` and `[::0:1]` are not. */
const isWrittenPlainly = ({ url, authority }: { url: URL; authority: string }, host: Host): boolean =>
  host.kind === "name" ? NAME.test(host.text) : authority.replace(/:\d+$/, "") === url.hostname;

/** Port numbers as they are connected to. */
const portOf = ({ port, protocol }: Pick<URL, "port" | "protocol">): string => port || (protocol === "https:" ? "443" : "80");

function isOwn(url: URL, host: Host, { ownHost }: AddressRules): boolean {
  const own = new URL(`http://${ownHost}`);
  // On this machine every name of it leads to the same port; elsewhere no port of the gate's host is anybody else's.
  return isLoopback(host) ? isLoopback(hostOf(own)) && portOf(url) === portOf(own) : url.hostname === own.hostname;
}

/**
 * The address as a URL, if it may be sent to: https, port 443 or one from 1024, a name or a public IP address, without user information
 * and fragment, plainly written, and not the gate's own host. Refuses with what is wrong with it.
 */
export function checkAddress(text: string, rules: AddressRules): Result<URL, AddressFailure> {
  const parsed = parse(text);
  if (parsed === null) return refuse("address-malformed");
  const { url } = parsed;
  const host = hostOf(url);
  const isThisMachine = rules.allowsLoopback && isLoopback(host);
  if (url.protocol !== "https:" && !isThisMachine) return refuse("address-not-https");
  if (isOwn(url, host, rules)) return refuse("address-own");
  if (!isThisMachine && !isPublic(host)) return refuse("address-private");
  return isWrittenPlainly(parsed, host) ? accept(url) : refuse("address-malformed");
}
