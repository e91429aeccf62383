/** How much one caller may do before it is told to slow down. Each is a variable of its name; these are the defaults. */

export const DEFAULT_CAPS = {
  /** Requests of one agent that wait for a decision. */
  MAX_PENDING_PER_AGENT: 100,
  /** New requests of one agent within a minute. */
  MAX_REQUESTS_PER_MINUTE: 120,
  /** Calls and open pages that wait on one request at the same moment. */
  MAX_WAITERS_PER_REQUEST: 32,
  /** Sign-ins, enrolments or signatures that are refused, of one address or person within a minute. */
  MAX_FAILURES_PER_MINUTE: 60,
  /** Calls of one agent or session within a minute that are refused, whatever for. */
  MAX_REFUSALS_PER_MINUTE: 120,
  /** Agents in one chain, the one at the top included: with 1 no agent makes keys for others. A record names no more than 16. */
  MAX_CHAIN: 4,
  /** Of a body that an agent sends. */
  MAX_BODY_BYTES: 1_048_576,
  /** Of a payload in canonical form; the format allows no more than the default. */
  MAX_PAYLOAD_BYTES: 65_536,
} as const;

export type Caps = { readonly [Name in keyof typeof DEFAULT_CAPS]: number };
