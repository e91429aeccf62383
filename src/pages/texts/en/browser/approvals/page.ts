/** What the script of a request's page says. */
export const approvalScriptTexts = {
  page: {
    notKeptUpToDate: "This page is no longer kept up to date. Reload it.",
  },
  close: {
    displayVerified: "Display verified",
    differenceFound: "Difference found",
  },
  deciding: {
    thePayload: "the payload",
    notSeenYet: (parts: number, left: number) => (parts === 1 ? "Not seen yet: " : `Not seen yet: ${left} of ${parts} parts, first `),
    denySendsProposal: "Deny sends what you propose with it. Close it to approve instead.",
    youSignAs: (username: string, besides: string) => `You sign as ${username}${besides}.`,
    denialDidNotCount: (before: string) => `Your denial did not count: ${before} before it arrived.`,
    approvalDidNotCount: (before: string) => `Your approval did not count: ${before} before it arrived.`,
    signedOut: "Nothing was recorded: you were signed out. Reload this page to sign in again.",
    nothingRecorded: (detail: string) => `Nothing was recorded. ${detail}`,
  },
  next: {
    back: "Back to the requests",
    next: (action: string) => `Next: ${action}`,
  },
  remember: {
    lookAgain: "Nothing was signed: look at what is to be remembered",
    notValid: "what is to be remembered cannot be signed like this",
    andLetPass: (uses: number) => (uses === 1 ? "and let one more pass without asking" : `and let ${uses} more pass without asking`),
    cannotBeSigned: (refusal: string) => `This cannot be signed: ${refusal}.`,
  },
  words: {
    notShown: "This page does not show exactly what would be signed. Something changed it, perhaps a browser extension. ",
    nothingSigned: "Nothing was signed. Open the request in another browser or on another device.",
    timeIsUp: "The time is up. Nothing more can be signed.",
    noPasskey: "You have no passkey that may sign decisions. Ask an admin to confirm one.",
    findingOut: "Finding out whether your decision was recorded.",
    asked: "Your passkey is asked for. Answer the prompt, or close it to come back.",
    tooWide: "Part of this request is wider than the window. Make the window wider or the text smaller to approve.",
    tooSmall: "The text is too small to read. Zoom in to approve.",
    noAnswer: "No answer came through, so your decision may or may not have been recorded. This page is finding out.",
    notDecided: "The answer did not come through, and the service has no decision of yours on this request. You can sign again.",
    timeWasUp: "the time was up",
    beingRecorded: "a decision was being recorded already",
    wasApproved: "the request had been approved",
    wasDenied: "the request had been denied",
    hadExpired: "the request had expired",
    wasCancelled: "the request had been cancelled",
  },
  askBack: {
    beingRecorded: "Your question is being recorded. It appears above in a moment.",
    writeFirst: "Write your question first.",
    noAnswer: "No answer came through, so your question may or may not have been asked. Look above before you ask again.",
  },
  coolDown: {
    deniedBefore: (seconds: number) =>
      `Something of this agent was denied a moment ago. You can approve in ${seconds} ${seconds === 1 ? "second" : "seconds"}.`,
  },
  moreTime: {
    signedAlready: "Somebody has signed already: the time stays as it is.",
    noAnswer: "No answer came through, so the time may or may not be longer. Reload this page.",
  },
  numbers: {
    pick: "Pick the number that the agent shows.",
    pickedWrong: "You have picked another number than the agent shows twice. You can only deny this.",
  },
  proposeChange: {
    cannotBeRead: "What you propose cannot be read: mend it, or close it, to deny.",
    notPayload: (message: string) => `It cannot be a payload: ${message}.`,
  },
} as const;
