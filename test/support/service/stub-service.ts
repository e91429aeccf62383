/** Something that answers HTTP in place of a service: what a real one does rarely, or never. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";

export interface StubRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface StubAnswer {
  status?: number;
  headers?: Record<string, string>;
  /** As it is if a text or bytes, otherwise as JSON. Undefined breaks the connection off. */
  body?: unknown;
}

/** Answers every request by `answer`, which is told how many came before it. What takes until the test's end is never answered. */
export async function stubService(answer: (request: StubRequest, before: number) => StubAnswer | Promise<StubAnswer>) {
  const requests: StubRequest[] = [];
  const respond = async (incoming: IncomingMessage, body: string, response: ServerResponse): Promise<void> => {
    const request = { method: incoming.method ?? "", path: incoming.url ?? "", headers: incoming.headers, body, at: Date.now() };
    requests.push(request);
    const { status = 200, headers = {}, body: answered } = await answer(request, requests.length - 1);
    if (answered === undefined) return void incoming.socket.destroy();
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof answered === "string" || answered instanceof Uint8Array ? answered : JSON.stringify(answered));
  };
  const server = createServer((incoming, response) => {
    let body = "";
    incoming.setEncoding("utf8");
    incoming.on("data", (chunk: string) => (body += chunk));
    incoming.on("end", () => void respond(incoming, body, response));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** An approval as the service tells of it. */
export const approvalAnswer = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  request_id: `apr_${"a".repeat(32)}`,
  status: "pending",
  basis: "passkeys",
  action: "Deploy api to production",
  payload_hash: "0".repeat(64),
  request_hash: "0".repeat(64),
  approval_url: `https://gate.example.com/a/apr_${"a".repeat(32)}`,
  requested_at: "2026-11-20T09:00:00.000Z",
  expires_at: "2026-11-20T09:15:00.000Z",
  use_by: "2026-11-20T10:15:00.000Z",
  required: 1,
  approvals: 0,
  next: "Wait.",
  ...more,
});

/** Problem details (RFC 9457). */
export const problemAnswer = (status: number, code: string, headers: Record<string, string> = {}): StubAnswer => ({
  status,
  headers,
  body: { type: "about:blank", title: "No", status, code, detail: "This was refused." },
});
