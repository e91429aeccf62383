/** Texts of `/account/servers`, as the server makes it. */
import type { View } from "#pages/kit/view.ts";

export const connectionsTexts = {
  title: "Your servers",
  intro:
    "These servers want to know whom a call is made as. You sign in at the issuer of each, which gives the gate leave; agents see nothing of it. You sign for it here before anything is called.",
  missing: "There is no such server for you to connect. If all agents share it, an admin connects it.",
  none: "No server wants to know whom a call is made as.",
  list: "Connections",
  account: {
    whoever: (username: View): View[] => ["as whoever ", username, " signed in as there"],
    named: (account: View): View[] => ["as ", account, ", as the issuer says"],
  },
  useless: {
    otherServer: "The server is another now than it was connected as: connect it again.",
    refused: "The issuer takes it no more: connect it again.",
  },
  connected: (account: readonly View[]): View[] => ["Connected ", ...account, "."],
  connectedBy: (username: View, time: View): View[] => ["By ", username, ", ", time, "."],
  notConnected: "Not connected: calls are refused until it is.",
  signed: {
    server: "Server",
    issuer: "Issuer",
    acts: "Acts",
    for: "For",
    grants: { shared: "all agents", owner: "your own agents" },
  },
  waiting: { title: "Waits for a signature", sign: "Use this account", drop: "Discard" },
  card: {
    connect: "Connect",
    connectAnew: "Connect anew",
    disconnect: "Disconnect",
    address: "Address",
    issuer: "Issuer",
    scope: "Scope",
    for: "For",
    grants: { shared: "all agents: they act as one account", owner: "your own agents, and nobody else’s" },
  },
  /** After coming back from the issuer. */
  failed: { title: "Not connected", back: "Go to your servers" },
  others: {
    title: (count: number): string => `Connected by others: ${count}`,
    connection: (username: View, account: readonly View[]): View[] => [username, ": ", ...account],
    disconnect: (username: View): View[] => ["Disconnect ", username],
  },
} as const;
