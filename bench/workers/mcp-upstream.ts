/** An MCP server of one tool that does nothing but answer: what stands in front of it is what is measured. */
const TOOL = {
  name: "echo",
  description: "Gives back what it is given.",
  inputSchema: { type: "object", properties: { text: { type: "string" } }, required: ["text"], additionalProperties: false },
  annotations: { readOnlyHint: true },
};

interface Message {
  id?: string | number;
  method: string;
  params?: { name?: string; arguments?: { text?: string } };
}

function resultOf({ method, params }: Message): object {
  switch (method) {
    case "server/discover":
      return {
        resultType: "complete",
        supportedVersions: ["2026-07-28"],
        capabilities: { tools: {} },
        serverInfo: { name: "upstream", version: "1" },
        ttlMs: 0,
        cacheScope: "private",
      };
    case "tools/list":
      return { resultType: "complete", tools: [TOOL], ttlMs: 0, cacheScope: "private" };
    default:
      return {
        resultType: "complete",
        content: [{ type: "text", text: params?.arguments?.text ?? "" }],
        structuredContent: { rows: Array.from({ length: 10 }, (_, row) => ({ row, mail: `ada${row}@example.com`, ok: true })) },
      };
  }
}

export default {
  async fetch(request: Request): Promise<Response> {
    const message = (await request.json()) as Message;
    return Response.json({ jsonrpc: "2.0", id: message.id ?? null, result: resultOf(message) });
  },
};
