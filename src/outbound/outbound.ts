/**
 * HTTP to an address that somebody outside named: one request, and one answer, bounded or as it streams. What is sent may hold a
 * credential, so nothing of it, and nothing of what is answered, is in a refusal.
 */
import { readBounded } from "#config/bounded-body.ts";
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Outbound, OutboundFailure, OutboundReply, OutboundRequest } from "#gate/channels/outbound.ts";
import { type AddressFailure, type AddressRules, checkAddress } from "#rules/addresses/check-address.ts";
import { judgeName } from "./resolved-name.ts";

/** For everything, from the resolver to the last byte. */
const TIMEOUT_MS = 10_000;
const MOST_BYTES = 65_536;

interface Network {
  /** `checkAddress` by the rules of the deployment. */
  check(address: string): Result<URL, AddressFailure>;
  /** Asked before connecting; null where the network itself connects to public addresses only. */
  resolver: string | null;
  fetch(request: Request): Promise<Response>;
}

/** Names only: of an IP address the guard has said all that there is to say, and this machine has the names that it has. */
const isResolvedOutside = ({ hostname }: URL): boolean => !/^\[|^[\d.]+$|(^|\.)localhost$/.test(hostname);

/** The request, ready to be sent; null if HTTP has no such headers or body. */
function prepare({ href }: URL, { method = "GET", headers = {}, body }: OutboundRequest, signal: AbortSignal): Request | null {
  try {
    return new Request(href, { method, headers, body: body ?? null, redirect: "manual", signal });
  } catch {
    return null;
  }
}

/** Looks at the address, resolves its name, and sends: the one way out. */
async function open(network: Network, request: OutboundRequest, signal: AbortSignal): Promise<Result<Response, AddressFailure>> {
  const address = network.check(request.url);
  if (!address.ok) return address;
  const prepared = prepare(address.value, request, signal);
  if (prepared === null) return refuse("address-malformed");
  if (network.resolver !== null && isResolvedOutside(address.value)) {
    const resolved = await resolve(network.resolver, address.value.hostname, signal);
    if (!resolved.ok) return resolved;
  }
  return accept(await network.fetch(prepared));
}

async function exchange(network: Network, request: OutboundRequest, signal: AbortSignal): Promise<Result<OutboundReply, OutboundFailure>> {
  const opened = await open(network, request, signal);
  if (!opened.ok) return opened;
  const { status, headers } = opened.value;
  const body = await readBounded(opened.value, request.mostBytes ?? MOST_BYTES);
  if (body === null) return refuse("answer-too-large");
  return accept({ status, headers: new Map(headers), body });
}

/** A resolver that is away, or says what is no answer, gives no leave to connect. */
async function resolve(resolver: string, name: string, signal: AbortSignal): ReturnType<typeof judgeName> {
  try {
    return await judgeName(resolver, name, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return refuse("address-unknown");
  }
}

/** An `Outbound` over that network. Headers or a body that HTTP cannot carry are `address-malformed`: nothing was sent. */
const outboundOver =
  (network: Network): Outbound =>
  async (request) => {
    // Not AbortSignal.timeout: its timer would keep an object in memory, and paid for, until it ends.
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), request.timeoutMs ?? TIMEOUT_MS);
    try {
      return await exchange(network, request, giveUp.signal);
    } catch {
      return refuse(giveUp.signal.aborted ? "timed-out" : "unreachable");
    } finally {
      clearTimeout(timer);
      // Of two questions to the resolver one may be on its way still.
      giveUp.abort();
    }
  };

/**
 * The network of the deployment. Where the runtime has one of public addresses (`PUBLIC_NETWORK`), names are resolved and connected to in
 * one step there; elsewhere DNS over HTTPS is asked first, if a resolver is set.
 */
function networkOf(env: Bindings, config: Config): Network {
  const made = networks.get(config) ?? makeNetwork(env, config);
  networks.set(config, made);
  return made;
}

/** Of a configuration, which is read once of the bindings that it came with. */
const networks = new WeakMap<Config, Network>();

/** Addresses that are looked at once. */
const MOST_KNOWN = 200;

/** The same of what was checked before: nothing but the address and the rules is looked at. */
function checkedOnce(rules: AddressRules): Network["check"] {
  const known = new Map<string, ReturnType<typeof checkAddress>>();
  return (address) => {
    const checked = known.get(address) ?? checkAddress(address, rules);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(address, checked);
    return checked;
  };
}

function makeNetwork({ PUBLIC_NETWORK: network }: Bindings, { origin, outbound }: Config): Network {
  return {
    check: checkedOnce({ ownHost: new URL(origin).host, allowsLoopback: outbound.allowsLoopback }),
    resolver: network === undefined ? outbound.resolver : null,
    fetch: async (request) => await (network === undefined ? fetch(request) : network.fetch(request)),
  };
}

/** What the deployment sends with. */
export const outboundFor = (env: Bindings, config: Config): Outbound => outboundOver(networkOf(env, config));

/** `wasSent` is false only where nothing can have left: what the runtime says of a connection that failed does not tell when it did. */
export interface StreamFailure {
  reason: AddressFailure | "unreachable" | "timed-out";
  wasSent: boolean;
}

/** The same guard, with the answer as it comes: its body is not read, and not bounded. `signal` ends all of it. Never throws. */
export type StreamingOutbound = (
  request: Omit<OutboundRequest, "mostBytes" | "timeoutMs">,
  signal: AbortSignal,
) => Promise<Result<Response, StreamFailure>>;

export function streamingOutboundFor(env: Bindings, config: Config): StreamingOutbound {
  const network = networkOf(env, config);
  return async (request, signal) => {
    let wasSent = false;
    const watched: Network = {
      ...network,
      fetch(prepared) {
        wasSent = true;
        return network.fetch(prepared);
      },
    };
    try {
      const opened = await open(watched, request, signal);
      if (opened.ok) return opened;
      return refuse({ reason: opened.refusal, wasSent: false });
    } catch {
      return refuse({ reason: signal.aborted ? "timed-out" : "unreachable", wasSent });
    }
  };
}
