/** Texts of `/admin/channels`, as the server makes it. */
import type { Child } from "hono/jsx";
import type { View } from "#pages/kit/view.ts";

export const channelsTexts = {
  title: "Channels",
  intro: "Over them people hear of requests, and systems of everything that happens. Nothing that comes over a channel can decide.",
  notAvailable: "Channels are off: this deployment has no VAULT_SECRET, with which credentials are sealed. Whoever runs it can set one.",
  made: { key: "Key", copy: "Copy key", show: "Show it, and send a test" },
  waiting: {
    title: "Waiting for a second admin’s signature",
    add: (name: View): View[] => ["Add ", name],
    change: (name: View): View[] => ["Change ", name],
    droppedAt: (time: string): string => `Dropped if nobody else signs by ${time}.`,
    sign: (name: View): View[] => ["Sign for ", name],
  },
  list: { title: "All channels", none: "No channel yet. What you add below appears here." },
  card: {
    states: {
      unverified: "Not tested yet: nothing is sent until a test is accepted",
      active: "Active",
      disabled: "Off, after days in which nothing was accepted: what is to be told waits",
      removed: "Removed",
    },
    failingSince: "Failing since",
    lastError: "Last error",
    lastSuccess: "Last success",
    nothingYet: "nothing yet",
    waiting: "Waiting",
    id: "Id",
    messages: "Its messages",
    enable: "Enable",
    test: "Send a test",
    change: "Change",
    rotate: "Rotate key",
    replay: "Replay from",
    remove: "Remove",
  },
  form: {
    title: "Add a channel",
    kind: "Kind",
    name: { label: "Name", hint: "What people know it by, such as “ops pager”." },
    webhook: {
      address: { label: "Address", hint: "HTTPS, reachable from the internet." },
      events: { label: "Events", hint: "Separated by commas; a star stands for anything: approval.*, call.failed" },
      signing: { label: "Signing", hmac: "Shared secret (HMAC-SHA-256)", ed25519: "Key pair (Ed25519)" },
    },
    slack: {
      token: { label: "Bot token", hint: "Begins with xoxb-. It is sealed, and never shown again." },
      secret: { label: "Signing secret", hint: "Of the Slack app, if buttons pressed there shall be answered." },
      places: {
        label: "Places",
        hint: "IDs of conversations, such as C0123456789. One a line, to hear of every request, or of those that a group decides: “release: …”. People add addresses of their own.",
      },
    },
    email: {
      from: { label: "From", hint: "The address that messages come from." },
      provider: "Provider",
      key: { label: "API key", hint: "Of the provider, or what the relay’s header holds. It is sealed, and never shown again." },
      relay: { label: "Relay address", hint: "Takes a POST of JSON." },
      header: { label: "Header", hint: "Holds the API key, such as Authorization." },
      body: { label: "Body", hint: "JSON, with {{to}}, {{subject}} and {{text}} in texts." },
      places: {
        label: "Places",
        hint: "Mailboxes. One a line, to hear of every request, or of those that a group decides: “release: …”. People add addresses of their own.",
      },
    },
    webpush: { contact: { label: "Contact for push services", hint: "Whom they write to: mailto:you@example.com" } },
    submit: "Add channel",
    leave: "Keep as it is",
    hint: "You sign this with your passkey. Then send a test: the first that is accepted makes the channel active.",
  },
  rotation: { verb: "Sign new key", hint: "You sign this with your passkey." },
  replay: {
    title: "Replay from",
    verb: "Send again",
    from: {
      label: "Replay from",
      hint: "In UTC. Everything since then is sent again under the same ids, so that a receiver that knows them takes nothing twice.",
    },
  },
  messages: {
    title: "Messages",
    ofChannel: (name: Child, all: Child): Child[] => ["Of ", name, ". ", all],
    ofAll: "Of all channels",
    all: "all",
    none: "None. What is to be told appears here, with what the receiver answered.",
    older: "Older messages",
    columns: {
      when: "When",
      what: "What",
      to: "To",
      state: "State",
      attempts: "Attempts",
      answer: "Last answer",
      next: "Next try",
    },
    states: { waiting: "waiting", sent: "sent", failed: "failed", dropped: "dropped", folded: "folded" },
    over: (receiver: View, channel: View): View[] => [receiver, " over ", channel],
    request: "request",
    resend: "Send again",
  },
  /** For who may look and change nothing. */
  record: {
    intro:
      "As an auditor you see over what people and systems are told, and every message. Admins add and change channels, and sign for it.",
    none: "No channel yet. When an admin adds one, it appears here.",
  },
} as const;
