/** A server that is reached over a connector, as any other is: by one HTTP exchange, with the connector's object. */
import { parsedObject } from "#countersign/connector/parsed-object.ts";
import { isObject } from "#countersign/json/shape.ts";
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { UpstreamAnswer, UpstreamFailure, UpstreamRequest } from "#gate/calls/upstream.ts";
import { CONNECTOR_HEADERS } from "#gate/connectors/remote-connector.ts";
import type { ServerInForce } from "#rules/calls/server-settings.ts";

/** The pin by which the tool that is called was accepted: its object sends the call only if the tool is listed just so. */
function pinOf(body: string | null, { accepted }: Pick<ServerInForce, "accepted">): string | null {
  const { method, params } = (body === null ? null : parsedObject(body)) ?? {};
  if (method !== "tools/call" || !isObject(params as JsonValue)) return null;
  const { name } = params as { name?: unknown };
  return accepted.find((tool) => tool.name === name)?.pin ?? null;
}

/** `object`: null in a deployment without connectors. Never throws. */
export async function exchangeOverConnector(
  object: Pick<Fetcher, "fetch"> | null,
  server: Pick<ServerInForce, "accepted">,
  { method, body, headers, signal }: UpstreamRequest,
): Promise<Result<UpstreamAnswer, UpstreamFailure>> {
  if (object === null || signal.aborted) return refuse({ reason: object === null ? "unreachable" : "timed-out", wasSent: false });
  const pin = pinOf(body, server);
  try {
    const whole = { ...headers, ...(pin !== null && { [CONNECTOR_HEADERS.pin]: pin }) };
    const response = await object.fetch("https://connector/", { method, headers: whole, body, signal, redirect: "manual" });
    const failure = response.headers.get(CONNECTOR_HEADERS.failure);
    if (failure === null) return accept({ response, secrets: [] });
    await response.body?.cancel();
    return refuse({ reason: "unreachable", wasSent: failure !== "nothing-sent" });
  } catch {
    // Its object is gone, or was left: what it had sent by then nobody can say.
    return refuse({ reason: signal.aborted ? "timed-out" : "unreachable", wasSent: true });
  }
}
