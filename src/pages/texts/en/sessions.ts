/** What the pages say that sign in, and let a command line in. */
export const sessionsTexts = {
  signIn: {
    username: "Username",
    usernameHint: "Your browser offers your passkey here. You can also leave it empty and use the button.",
    signIn: "Sign in",
    about: "Agents’ requests wait here for the people who decide on them.",
    nobodyYet:
      "Nobody is enrolled here yet. The first person comes in through the setup link, which was printed when the service was deployed or started: open that one.",
    signInWithPasskey: "Sign in with passkey",
  },
  /** Of the page that lets a command line in. */
  commandLine: {
    title: "Let a command line in",
    about:
      "Run countersign login in your terminal. It shows a code of eight letters, and gets to read what you may read here. It decides nothing and signs nothing.",
    code: "Code that your terminal shows",
    codeHint: "Only one that you have asked for yourself. If somebody sent you a code, do not enter it.",
    find: "Look up the code",
    asks: "This command line asks",
    compare: "Compare the code with your terminal, letter by letter. If your terminal shows another one, or none, turn it away.",
    letIn: "Let it in with passkey",
    turnAway: "Turn it away",
  },
} as const;
