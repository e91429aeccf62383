/** `countersign/ai-sdk`: tools of the Vercel AI SDK behind the gate. Needs nothing of it. */
export { gateAiTools } from "../frameworks/ai-tools.ts";
export type { ToolGateOptions, ToolStates } from "../frameworks/gated-call.ts";
