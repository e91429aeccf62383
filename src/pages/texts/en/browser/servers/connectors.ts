/** What the script of the page of connectors says, and the rows that server and script both make. */
export const connectorsScriptTexts = {
  row: {
    notConnected: "not connected",
    connectedSince: <T>(time: T) => ["connected since ", time],
    notRunningSince: <T>(time: T) => ["connected, and its server does not run, since ", time],
    way: <T>(server: T, made: T) => ["the way to the server ", server, ", made ", made, ", address "],
    revoked: <T>(day: T) => ["Revoked ", day],
    revoke: "Revoke",
  },
  proposed: {
    sign: <T>(name: T) => ["Sign for ", name],
    dropped: <T>(server: T, until: string) => ["The way to the server ", server, `. Dropped if nobody else signs by ${until}.`],
  },
  keyLost:
    "The connector was made, but its key, which is shown only once, did not arrive here. Reload the page, revoke it and make another.",
  noun: "connector",
  revoking: "Its key stops working at once, and whoever is connected with it is cut off. Calls that are on their way are not known.",
  enterName: "Enter a name.",
  command: (origin: string, name: string) =>
    `COUNTERSIGN_URL=${origin} COUNTERSIGN_CONNECTOR_KEY_FILE=connector.key npx countersign connect ${name} -- COMMAND …`,
} as const;
