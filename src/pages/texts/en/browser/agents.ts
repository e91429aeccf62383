/** What the scripts of pages with agents say, and the rows that server and scripts both make. */

const VOID =
  "Everything that it has asked for so far is cancelled, and what was approved and not used is void for good, also after a release.";

export const agentsScriptTexts = {
  row: {
    owner: <T>(name: T) => ["owner ", name],
    created: <T>(day: T) => [", created ", day],
    inGroup: ", in the group ",
    inGroups: ", in the groups ",
    comma: ", ",
    revoked: <T>(day: T) => ["Revoked ", day],
    groups: "Change groups",
    rename: "Rename",
    revoke: "Revoke",
    stopped: <T>(time: T, by: T) => ["Stopped since ", time, " by ", by],
    stoppedWith: <T>(name: T) => ["Stopped with ", name],
  },
  below: {
    below: "below ",
    step: " › ",
    until: <T>(time: T) => [", until ", time],
    all: ", for all that this may",
    none: ", for no server",
    for: ", for ",
    everythingOf: (server: string) => `everything of ${server}`,
  },
  stop: {
    stop: "Stop this agent",
    release: "Release",
    stopEverything: "Stop everything",
    releaseEverything: "Release everything",
    title: (name: string) => `Stop ${name}`,
    unnamed: "this agent",
    one: `It, and every agent below it, can ask for nothing and use nothing until admins release it. ${VOID}`,
    everything:
      "No agent can ask for anything or use anything until admins release it. Everything that agents have asked for so far is cancelled, and what was approved and not used is void for good, also after the release.",
    verb: "Stop it now",
    verbEverything: "Stop everything now",
    notStopped: "It is not stopped. Reload the page.",
  },
  proposed: {
    dropped: (before: string, until: string) => `${before}Dropped if nobody else signs by ${until}.`,
    owner: (name: string) => `Owner ${name}. `,
    sign: <T>(name: T) => ["Sign for ", name],
    signGroups: <T>(name: T) => ["Sign groups of ", name],
    signName: <T>(name: T) => ["Sign the name ", name],
    renamed: <T>(before: T, name: T) => [before, ", from then on called ", name],
    inNoGroup: " in no group",
    in: " in ",
    everything: "everything",
    signRelease: <T>(what: T) => ["Sign release of ", what],
    release: <T>(what: T) => ["Release of ", what],
    newKey: <T>(name: T) => ["New key of ", name],
    overlap: (hours: number) => (hours === 0 ? "The old key ends at once. " : `The old key goes on for ${hours} hours. `),
    signKey: <T>(name: T) => ["Sign new key of ", name],
    toSignKey: <T>(name: T) => ["To sign: the page of ", name],
  },
  create: {
    enterName: "Enter a name.",
    keyLost:
      "The agent was made, but its key, which is shown only once, did not arrive here. Reload the page, revoke the agent and make another.",
  },
  noun: "agent",
  revoking:
    "Its key stops working at once, and so do those of all agents below it; its waiting calls end, and its pending requests are cancelled.",
  notRead: "This page could not be read. Reload it.",
  groups: {
    title: (name: string) => `Groups of ${name}`,
    rename: (name: string) => `Rename ${name}`,
    unknown: "There is no such agent. Reload the page.",
  },
  key: {
    row: (number: number, prefix: string | null) => (prefix === null ? `Key ${number}` : `Key ${number}, ${prefix}…`),
    made: <T>(day: T) => ["made ", day],
    replaced: <T>(time: T) => [", replaced ", time],
    serves: <T>(time: T) => ["goes on until ", time],
    ended: <T>(time: T) => ["Ended ", time],
    end: "End now",
    endTitle: (number: number) => `End key ${number}`,
    ending: "Calls with it are refused at once. The key that replaced it goes on.",
    endVerb: "End key",
    hours: "Enter whole hours, 0 to 168.",
    lost: "Whether the key was replaced is not known here: the answer did not arrive, and a new key is shown only once. Reload the page; if it was replaced, replace it again.",
  },
} as const;
