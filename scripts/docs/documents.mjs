/**
 * The documents of docs/, in the order in which the navigation, llms.txt and docs/README.md name them. `name` is the path below docs/
 * without `.md`, which is also the path below /docs; what is not listed is built all the same, and a test asks for its place here.
 */

/** The first page, `docs/README.md`. */
export const HOME = "README";

export const SECTIONS = [
  {
    title: "Begin",
    documents: [
      { name: "start", title: "Ten-minute start", about: "From a clone to the first approval, and then an agent of your own." },
      { name: "concepts", title: "Concepts", about: "The few words that everything else is said in, with diagrams." },
      {
        name: "comparison",
        title: "Comparison",
        about: "Other ways to have a person agree, what each does well, and when it is the better one.",
      },
    ],
  },
  {
    title: "Tutorials",
    documents: [
      { name: "tutorials/agent-developer", title: "For agent developers", about: "Ask, wait, redeem, act, report." },
      { name: "tutorials/approver", title: "For approvers", about: "Read a request on a phone, and decide it well." },
      { name: "tutorials/operator", title: "For operators", about: "Run a gate, give it a policy, back it up, deploy it." },
      {
        name: "tutorials/auditor",
        title: "For auditors",
        about: "Check a receipt, the log and a quarter's evidence without trusting anybody.",
      },
    ],
  },
  {
    title: "Use it",
    documents: [
      { name: "mcp", title: "MCP tools", about: "Each tool of the MCP endpoint: waiting, tasks, errors." },
      { name: "gateway", title: "Gateway", about: "MCP servers behind the gate: what passes, what waits, what is on record." },
      { name: "policies", title: "Policies", about: "The policy document, field by field." },
      { name: "cookbook", title: "Policy cookbook", about: "Rules for common needs, each with cases that show what it does." },
      { name: "channels", title: "Channels", about: "How people and systems hear of requests." },
      { name: "hooks", title: "Hooks", about: "Coding agents whose tool calls are asked about." },
      { name: "ci", title: "Continuous integration", about: "Jobs that wait for a person." },
      { name: "adapters", title: "Adapters", about: "Approvals inside the agent frameworks that people use." },
    ],
  },
  {
    title: "Run it",
    documents: [
      { name: "operations", title: "Operations", about: "Deploying, secrets, monitoring, backups, incidents." },
      { name: "cost", title: "Cost", about: "What an approval costs, by a formula." },
      { name: "performance", title: "Performance", about: "What was measured, on what, and how to measure again." },
      { name: "scale", title: "Scale", about: "What a log of a billion leaves takes." },
      { name: "witness", title: "Witnesses", about: "How two operators watch each other's logs." },
    ],
  },
  {
    title: "Trust it",
    documents: [
      { name: "threat-model", title: "Threat model", about: "What it defends, against whom, and where that ends." },
      { name: "evidence", title: "Evidence", about: "Signed evidence of a period for auditors." },
      { name: "architecture", title: "Architecture", about: "How it works, and why it is built this way." },
    ],
  },
  {
    title: "Look it up",
    documents: [
      { name: "interfaces", title: "Interfaces", about: "Every route, page, command, code and variable." },
      { name: "reference", title: "API reference", about: "Every route of the REST interface, made from its OpenAPI description." },
      { name: "formats", title: "Formats", about: "Everything that is signed, stored or sent, byte by byte." },
    ],
  },
];

const LISTED = SECTIONS.flatMap(({ documents }) => documents.map(({ name }) => name));

/** The sections with those documents only that are `there`, and what nobody has listed in one of its own. */
export function navigationOf(there) {
  const known = new Set(there);
  const sections = SECTIONS.map(({ title, documents }) => ({ title, documents: documents.filter(({ name }) => known.has(name)) }));
  const others = there.filter((name) => name !== HOME && !LISTED.includes(name)).map((name) => ({ name, title: name, about: "" }));
  return others.length === 0 ? sections : [...sections, { title: "More", documents: others }];
}
