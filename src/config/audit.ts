/** Whether this deployment has the gateway: it is off without a place for what agents do through it. */
import type { Bindings } from "./bindings.ts";

/** The database of the record of calls; null if there is none, and then no call goes through the gateway. */
export const auditOf = ({ AUDIT }: Pick<Bindings, "AUDIT">): D1Database | null => AUDIT ?? null;
