/** Composition root: the app and the Durable Objects. */
import { app } from "./http/app.ts";

export { ApprovalRequest } from "../durable-objects/approval-request.ts";
export { LogSequencer } from "../durable-objects/log-sequencer.ts";

export default app;
