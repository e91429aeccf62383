/** What the page of connectors says, made by the server. */
export const connectorsTexts = {
  title: "Connectors",
  servers: "Servers",
  about: <T>(command: T) => [
    "A connector is the way to one MCP server that speaks over standard input and output, or that is in a private network. It is a program on that machine, ",
    command,
    ", which connects to the gate; nothing connects to it.",
  ],
  unavailable: "This deployment has none: its configuration lacks the binding CONNECTOR.",
  waiting: "Waiting for a second admin’s signature",
  all: "All connectors",
  none: "No connector yet. When one is made, it appears here.",
  created: {
    title: <T>(name: T) => ["Connector ", name, " is ready"],
    once: "This is the only time its key is shown. Whoever has it can answer in the place of this server: keep it where only that machine reads it.",
    key: "Key",
    copyKey: "Copy key",
    command: "On the machine with the server",
    copyCommand: "Copy command",
    address: "Address of the server here",
    copyAddress: "Copy address",
    next: <T>(servers: T) => ["Put the key into a file that only you can read. Then add the server with this address at ", servers, "."],
  },
  form: {
    title: "New connector",
    name: "Name",
    nameHint: "Of the machine or the place, such as “laptop”. a–z, digits and hyphens, at most 20.",
    server: "Server",
    serverHint: "The name that the one server has here, or will have, that is reached over it.",
    create: "Create connector",
    signed: "You sign this with your passkey.",
  },
} as const;
