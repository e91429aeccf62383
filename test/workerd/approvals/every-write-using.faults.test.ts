/** Redeeming and reporting under every single fault. */
import { everyWriteFails } from "#test/workerd/faults/every-write.ts";
import { USES } from "#test/workerd/faults/journeys.ts";

everyWriteFails(USES);
