/** Calls with a passkey's evidence (SEP-2672), as a client of either era makes them. */
import { fromB64u } from "#countersign/encoding/bytes.ts";
import type { AuthenticationJson, Ceremony } from "#countersign/testing/software-passkey.ts";
import { VERIFIED_APPROVAL } from "#countersign/verified/verified-approval.ts";
import { call, ORIGIN, type Someone } from "../people.ts";

export const ERAS = ["modern", "legacy"] as const;
export type Era = (typeof ERAS)[number];

const VERSION = "2026-07-28";
const MODERN_META = {
  "io.modelcontextprotocol/protocolVersion": VERSION,
  "io.modelcontextprotocol/clientInfo": { name: "a client", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

export interface RpcAnswer {
  result?: Record<string, unknown> & { content?: { text: string }[]; isError?: boolean };
  error?: { code: number; message: string; data?: { reason?: string; code?: string } };
}

/** One message to a server's address. */
export async function rpc(
  era: Era,
  key: string,
  method: string,
  params: Record<string, unknown> = {},
  server = "tickets",
): Promise<RpcAnswer> {
  const { _meta = {}, ...rest } = params as { _meta?: object };
  const { uri, name = uri } = rest as { name?: string; uri?: string };
  const modern = { "mcp-protocol-version": VERSION, "mcp-method": method, ...(typeof name === "string" && { "mcp-name": name }) };
  const headers = {
    accept: "application/json, text/event-stream",
    ...(era === "modern" ? modern : { "mcp-protocol-version": "2025-11-25" }),
  };
  const meta = { ...(era === "modern" && MODERN_META), ..._meta };
  const body = { jsonrpc: "2.0", id: 1, method, params: { ...rest, _meta: meta } };
  const text = await (await call("POST", `/mcp/${server}`, { key, origin: null, headers, body })).text();
  const events = text.split("\n").flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : []));
  return JSON.parse(events.at(-1) ?? text) as RpcAnswer;
}

export interface Challenge {
  challengeId: string;
  displayText: string;
  expiresAt: string;
  requestOptions: {
    challenge: string;
    rpId: string;
    allowCredentials: { type: string; id: string; transports: string[] }[];
    userVerification: string;
    timeout: number;
  };
}

export const askChallenge = (era: Era, key: string, tool: string, args: object, server?: string): Promise<RpcAnswer> =>
  rpc(era, key, "approval/challenge/create", { toolName: tool, arguments: args }, server);

export async function challengeFor(era: Era, key: string, tool: string, args: object, server?: string): Promise<Challenge> {
  const { result, error } = await askChallenge(era, key, tool, args, server);
  if (result === undefined) throw new Error(`no challenge: ${JSON.stringify(error)}`);
  return result as unknown as Challenge;
}

export interface Evidence {
  method: string;
  challengeId: string;
  response: AuthenticationJson;
}

/** What somebody's passkey makes of a challenge. */
export const evidenceOf = async (
  { passkey }: Pick<Someone, "passkey">,
  { challengeId, requestOptions }: Challenge,
  wrong: Partial<Ceremony> = {},
): Promise<Evidence> => ({
  method: "webauthn",
  challengeId,
  response: await passkey.authenticate({
    challenge: fromB64u(requestOptions.challenge) ?? new Uint8Array(),
    origin: ORIGIN,
    ...wrong,
  }),
});

/** A call with evidence, whatever that is. */
export const callWith = (era: Era, key: string, tool: string, args: object, evidence: unknown, server?: string): Promise<RpcAnswer> =>
  rpc(era, key, "tools/call", { name: tool, arguments: args, _meta: { [VERIFIED_APPROVAL]: evidence } }, server);
