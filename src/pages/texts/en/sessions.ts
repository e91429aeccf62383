/** What the page for signing in says. */
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
} as const;
