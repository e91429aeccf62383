/** `countersign/langchain`: a LangChain tool behind the gate. Needs nothing of LangChain. */
export { gateLangchainTool } from "../frameworks/langchain-tools.ts";
export type { ToolGateOptions, ToolStates } from "../frameworks/gated-call.ts";
