/**
 * A class of objects that nothing makes yet. A change of object classes cannot be rolled back, so it was declared together with
 * AgentActivity and two more: one such change in place of four.
 */
import { DurableObject } from "cloudflare:workers";

/** What waits for one person. */
export class PersonInbox extends DurableObject {}
