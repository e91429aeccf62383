/** Deciding, cancelling and expiring under every single fault. */
import { everyWriteFails } from "./every-write.ts";
import { DECISIONS } from "./journeys.ts";

everyWriteFails(DECISIONS);
