/**
 * Classes of objects that nothing makes yet. A change of object classes cannot be rolled back, so they are declared together with
 * AgentActivity: one such change in place of four.
 */
import { DurableObject } from "cloudflare:workers";

/** What waits for one person. */
export class PersonInbox extends DurableObject {}

/** A channel that people are told over. */
export class Connector extends DurableObject {}
