/** Redeeming and reporting under every single fault. */
import { everyWriteFails } from "./every-write.ts";
import { USES } from "./journeys.ts";

everyWriteFails(USES);
