/** Whether the Worker could serve with these variables and secrets, before it is built or sent anywhere. */
import { readConfig } from "../../src/config/config.ts";

/** Bindings that pass the Worker's check, so that it looks at the variables alone. */
const BINDINGS = { DB: {}, APPROVAL_REQUEST: {}, LOG_SEQUENCER: {}, ASSETS: {} };

/** Throws a ConfigurationError that names what is wrong and how to make it right: the service itself tells that only to its log. */
export function checkVariables(variables) {
  readConfig({ ...BINDINGS, ...variables });
}
