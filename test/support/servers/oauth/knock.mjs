// What the official conformance suite runs as "the client": tells the test which server there is, and waits until the gate has tried it.
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}");
const body = JSON.stringify({ url: process.argv.at(-1), context });
const told = await fetch(process.env.KNOCK_AT, { method: "POST", body });
process.exit(told.ok ? 0 : 1);
