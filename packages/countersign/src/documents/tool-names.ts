/** Names of tools of MCP servers behind the gate. */

/** Names that a tool may have to be accepted (MCP 2026-07-28, "Tool names"). */
export const TOOL_NAME = /^[A-Za-z0-9_./-]{1,128}$/;
/** Names of the gate's own tools at a server's address. */
export const RESERVED_TOOLS: readonly string[] = ["resume_call", "explain_policy"];
