/** `countersign/openai-agents`: tools of the OpenAI Agents SDK behind the gate. Needs nothing of it. */
export { type AgentExecute, type AgentToolOptions, gateAgentTool } from "../frameworks/agent-tools.ts";
export type { ToolGateOptions, ToolStates } from "../frameworks/gated-call.ts";
