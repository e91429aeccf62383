/** What the script of `/account/servers` says. */

export const connectionsScriptTexts = {
  otherwise:
    "Nothing was signed: the service asked for a signature under something else than this page shows. Reload the page and compare again.",
  waits: "Signed. Another admin has to sign as well.",
  connected: (server: string): string => `${server} is connected.`,
  disconnecting: {
    title: (server: string): string => `Disconnect ${server}`,
    text: "Nothing is called by it any more, and the gate gives its leave back to the issuer. It can be connected again.",
    verb: "Disconnect",
    done: "It is disconnected.",
  },
} as const;
