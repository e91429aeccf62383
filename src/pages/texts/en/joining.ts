/** What the pages say on which somebody new makes a passkey, made by the server. */
export const joiningTexts = {
  form: {
    username: "Username",
    usernameHint: "Small letters, digits, dot, dash and underscore. It is in every receipt and cannot be changed.",
    displayName: "Display name",
    displayNameHint: "How others see you, such as your full name.",
    create: "Create passkey",
  },
  setup: {
    title: "Set up",
    heading: "Set up Countersign",
    about:
      "You are the first person here. You become the admin, and you approve what agents ask for. Your passkey stays on your device; it is both how you sign in and how you sign decisions.",
    closed: {
      title: "Setup is done",
      message:
        "The first person has enrolled, and this link works only once. If that was you, sign in. If it was not, stop using this service and look into who it was.",
      signIn: "Sign in",
    },
  },
  enrol: {
    title: "Join",
    heading: "Join Countersign",
    about:
      "You were invited to decide what agents may do. Your passkey stays on your device; it is both how you sign in and how you sign decisions. An admin confirms it before it can do anything.",
    keepOpen: "This browser keeps nothing for later, so leave this page open until an admin has confirmed your passkey.",
  },
  waiting: {
    title: "Waiting for an admin",
    heading: "Your passkey is waiting for an admin",
    elsewhere:
      "The digits to compare are shown in the browser that made the passkey, on this device only. Open this page there. If they are lost, ask an admin for a new invitation.",
    stands: "This page says so when an admin has confirmed it. Until then it opens nothing.",
    signIn: "Sign in",
  },
} as const;
