/** The SDK's stateless handler alone, with one tool that gives a fixed answer: both eras of the protocol, no storage. */
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import * as z from "zod";

function server(answer: object): McpServer {
  const mcp = new McpServer({ name: "bench", version: "1.0.0" }, { capabilities: { tools: { listChanged: false } } });
  const description = "Gives a fixed answer";
  mcp.registerTool("answer", { description, inputSchema: z.object({}), outputSchema: z.looseObject({}) }, () => ({
    content: [{ type: "text", text: JSON.stringify(answer) }],
    structuredContent: { ...answer },
  }));
  return mcp;
}

export default {
  fetch: (request: Request, { ANSWER }: { ANSWER: object }): Promise<Response> => createMcpHandler(() => server(ANSWER)).fetch(request),
};
