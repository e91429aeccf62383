/** `countersign/mcp`: the tools of an MCP server behind the gate. Needs nothing of the SDK that the server is made with. */
export { gateTool, type ToolServer } from "../frameworks/mcp-tools.ts";
export type { ToolGateOptions, ToolStates } from "../frameworks/gated-call.ts";
