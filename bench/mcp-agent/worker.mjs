/** The `agents` package's McpAgent with the tool of workers/sdk-handler.ts: a Durable Object for each session. */
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { McpAgent } from "agents/mcp";
import * as z from "zod";

export class Sessions extends McpAgent {
  server = new McpServer({ name: "bench", version: "1.0.0" });

  init() {
    const answer = this.env.ANSWER;
    const description = "Gives a fixed answer";
    this.server.registerTool("answer", { description, inputSchema: {}, outputSchema: z.looseObject({}) }, () => ({
      content: [{ type: "text", text: JSON.stringify(answer) }],
      structuredContent: { ...answer },
    }));
  }
}

export default McpAgent.serve("/mcp", { binding: "SESSIONS" });
