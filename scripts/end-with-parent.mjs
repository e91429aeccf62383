/** For `node --import`: makes any program for Node stop, as on SIGTERM, when the process that started it has ended. */
import { followParent } from "./follow-parent.mjs";

followParent(() => process.kill(process.pid, "SIGTERM"));
