/**
 * `countersign/policy@v1`: the whole document, described once. The types, the reader and schemas/policy.schema.json come from here.
 * What the fields mean is docs/policies.md; what the parts of a rule for gateway and channels hold is rule-extras.ts.
 */
import type { JsonObject } from "../../json/canonical-json.ts";
import { USERNAME_PATTERN } from "../../documents/words.ts";
import { durationField } from "./duration.ts";
import {
  eitherOf,
  explained,
  listOf,
  mapFrom,
  mapOf,
  oneOrMore,
  type ReadBy,
  textLike,
  textOrNumber,
  textUpTo,
  trueOrFalse,
  wholeNumber,
  wordOf,
} from "./field.ts";
import { MEMBER_PATH } from "./member-path.ts";
import { conditionField, gatewayFields, sharedGatewayFields } from "./rule-extras.ts";

export const POLICY_TYPE = "countersign/policy@v1";
/** Of a document; each is read, compiled and judged in their order. */
export const MOST_RULES = 1_000;
const name = textLike(/^[a-z0-9-]{1,64}$/, "a name of a-z, 0-9 and -, at most 64 characters,");
const globs = (what: string) =>
  explained(`${what}: a name, or several; * stands for any text, ? for one character.`, oneOrMore(textUpTo(200), 100));
const people = {
  users: explained("Usernames of approvers.", listOf(textLike(USERNAME_PATTERN, "a username"), 1, 50)),
  groups: explained("Groups of approvers.", listOf(textUpTo(64), 1, 50)),
};

const slots = explained(
  "Who has to approve: every entry needs its own distinct people. An entry that names nobody means any approver.",
  listOf(
    mapOf(
      {},
      {
        ...people,
        required: explained("How many of them; 1 if left out.", wholeNumber(1, 50)),
        when: explained("A condition (CEL): the entry counts only if it holds, or fails.", conditionField),
      },
    ),
    1,
    16,
  ),
);

const clock = textLike(/^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/, 'a time of day such as "09:00"');
const window = explained(
  "When the action may be asked for and used.",
  mapOf(
    { zone: explained("An IANA time zone such as Europe/Berlin, or UTC.", textUpTo(64)) },
    {
      days: explained("Days on which it begins; all if left out.", listOf(wordOf("mon", "tue", "wed", "thu", "fri", "sat", "sun"), 1, 7)),
      from: explained("Its first minute; midnight if left out.", clock),
      to: explained(
        "The minute at which it is over; the next midnight if left out.",
        textLike(/^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/, 'a time of day such as "17:00"'),
      ),
      except: explained(
        "Days without a window: 2026-12-24, or from and to 2026-12-20/2027-01-04, both included.",
        listOf(
          textLike(/^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:\/[0-9]{4}-[0-9]{2}-[0-9]{2})?$/, "a day such as 2026-12-24, or two with / between"),
          1,
          100,
        ),
      ),
      outside: explained(
        "What happens outside: deny (the default), or who has to approve then.",
        eitherOf({ text: wordOf("deny"), list: slots }, "deny, or a list of approvals"),
      ),
    },
  ),
);

const escalate = explained("More people who become eligible after a time.", listOf(mapOf({ after: durationField }, people), 1, 8));

const effect = explained("What happens to the action.", wordOf("allow", "require_approval", "deny"));
const risk = explained("How bad it is if it goes wrong; medium if left out.", wordOf("low", "medium", "high", "critical"));

/** What a rule says of those who are asked, and `defaults` for the rules that do not. */
const asking = {
  risk,
  approvals: slots,
  separation: explained("Neither the agent's owner nor its maker may approve; the default for high and critical risk.", trueOrFalse),
  denials: explained("How many denials end it; 1 if left out.", wholeNumber(1, 50)),
  expires_in: explained("How long people have to decide if the agent does not say: 30s to 7d.", durationField),
  use_within: explained("How long after its deadline an approval may be used: 30s to 7d.", durationField),
  expires_in_max: explained("The longest that an agent may ask for; 7d if left out.", durationField),
  use_within_max: explained("The longest that an approval may be used after its deadline.", durationField),
  escalate,
  reason: explained("Refused unless the agent says why.", wordOf("required")),
  message: explained("What an agent is told that is refused.", textUpTo(500)),
  ...sharedGatewayFields,
};

const match = explained(
  "All that is given has to hold.",
  mapOf(
    {},
    {
      source: explained(
        "What an agent says it will do (ask), or does (call).",
        eitherOf({ text: wordOf("ask", "call"), list: listOf(wordOf("ask", "call"), 1, 2) }, "ask, call, or a list of both"),
      ),
      server: globs("Servers"),
      tool: globs("Tools"),
      action: globs("Actions, as the agent words them"),
      agent: globs("Agents"),
      groups: explained("Groups of agents, any of them.", oneOrMore(textUpTo(64), 50)),
      hints: explained(
        "Hints of the accepted tool; only with server.",
        mapOf({}, { readOnlyHint: trueOrFalse, destructiveHint: trueOrFalse, idempotentHint: trueOrFalse, openWorldHint: trueOrFalse }),
      ),
      when: explained("A condition (CEL).", conditionField),
    },
  ),
);

const rule = mapOf(
  { name: explained("Unique; records, pages and agents are told it.", name), effect },
  {
    mode: explained("observe: recorded only, and the next rules are judged.", wordOf("enforce", "observe")),
    match,
    ...asking,
    window,
    on_expiry: explained("What silence means.", wordOf("deny", "approve")),
    ...gatewayFields,
  },
);

const chains = explained(
  "Calls that are harmless alone, and not one after the other.",
  listOf(
    mapOf(
      {
        name: explained("Unique; whoever approves is told it.", name),
        within: explained("All steps lie within this time: 1s to 30d.", durationField),
        add: explained("What it adds to the score.", wholeNumber(1, 100)),
        steps: explained(
          "In their order; the last is what is judged.",
          listOf(mapOf({}, { tool: globs("Tools"), when: explained("A condition (CEL) on its arguments.", conditionField) }), 2, 5),
        ),
      },
      {},
    ),
    1,
    50,
  ),
);

const anomaly = explained(
  "What is unusual for an agent, and what comes of it.",
  mapOf(
    {},
    {
      threshold: explained("From this score on, what would pass is held for people; 60 if left out.", wholeNumber(1, 1_000)),
      notice: explained("From this score on somebody should look at what passed; 30 if left out.", wholeNumber(1, 1_000)),
      approvals: slots,
      watch: explained(
        "Members of arguments whose first values are unusual, such as to or transfer.iban.",
        listOf(textLike(MEMBER_PATH, "a member of the arguments such as to or transfer.iban"), 1, 50),
      ),
      chains,
    },
  ),
);

export const policyField = mapOf(
  { type: wordOf(POLICY_TYPE) },
  {
    mode: explained("observe: everything is recorded as judged, and any approver is asked.", wordOf("enforce", "observe")),
    defaults: explained("What holds where no rule matched, and what rules do not say.", mapOf({}, { effect, ...asking })),
    lists: explained(
      "Lists that conditions use; production_words and destruction_words raise the risk.",
      mapFrom(/^[a-z][a-z0-9_]{0,63}$/, "a name of a-z, 0-9 and _", listOf(textOrNumber, 1, 1_000), 100),
    ),
    anomaly,
    rules: explained("The first that matches decides.", listOf(rule, 0, MOST_RULES)),
  },
);

export type PolicyDocument = ReadBy<typeof policyField>;
export type PolicyRule = NonNullable<PolicyDocument["rules"]>[number];
export type PolicyDefaults = NonNullable<PolicyDocument["defaults"]>;
export type PolicySlot = NonNullable<PolicyRule["approvals"]>[number];
export type PolicyMatch = NonNullable<PolicyRule["match"]>;
export type PolicyWindow = NonNullable<PolicyRule["window"]>;
export type PolicyAnomaly = NonNullable<PolicyDocument["anomaly"]>;
export type PolicyEscalation = NonNullable<PolicyRule["escalate"]>[number];
export type PolicyEffect = PolicyRule["effect"];
export type RiskLevel = NonNullable<PolicyRule["risk"]>;

/** The JSON Schema that editors load: schemas/policy.schema.json. */
export const policySchema = (): JsonObject => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: POLICY_TYPE,
  ...policyField.schema,
});
