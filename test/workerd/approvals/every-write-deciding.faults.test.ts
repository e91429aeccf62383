/** Deciding, cancelling and expiring under every single fault. */
import { everyWriteFails } from "#test/workerd/faults/every-write.ts";
import { DECISIONS } from "#test/workerd/faults/journeys.ts";

everyWriteFails(DECISIONS);
