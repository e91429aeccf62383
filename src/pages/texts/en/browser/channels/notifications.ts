/** What the script of `/account/notifications` says, and the lists that it makes anew whenever something changed. */
import type { View } from "#pages/kit/view.ts";

export const notificationsScriptTexts = {
  kinds: { webpush: "Device", slack: "Slack", email: "E-mail" },
  contacts: {
    none: "None yet: you hear of nothing unless you look at the list of requests.",
    waitsForCode: "waits for its code",
    takesNothing: (since: View): View[] => ["takes nothing since ", since],
    seen: (day: View): View[] => ["seen ", day],
    confirmed: (day: View): View[] => ["since ", day],
    channelOff: " (its channel is off)",
    over: (channel: View): View[] => [" over ", channel],
    thisOne: " – this one",
    enterCode: "Enter the code",
    test: "Send a test",
    remove: "Remove",
  },
  delegations: {
    told: (who: View): View[] => [who, " is told in your place"],
    time: (from: View, until: View): View[] => ["from ", from, " until ", until],
    end: "End",
  },
  device: {
    isOn: "Notifications are on for this device.",
    turnedOn: "Notifications are on. Send yourself a test to see one.",
    blocked: "Notifications of this site are blocked in this browser. Allow them in its settings for this site, and reload the page.",
    homeScreen: "On an iPhone or iPad: tap “Share”, then “Add to Home Screen”, open Countersign from there, and come back to this page.",
    noneHere: "This browser takes no notifications. Use a current Chrome, Edge, Firefox or Safari that is not in private mode.",
    notAllowed: "This browser was not allowed to show notifications. Try again, and allow them.",
    noPushService: "The browser’s push service did not answer. Check the connection, leave private mode, and try again.",
    name: (browser: string, system: string): string => `${browser} on ${system}`,
    anyBrowser: "Browser",
    anySystem: "a device",
  },
  adding: { isYours: "This address is yours already.", codeSent: "Code sent." },
  code: { confirmed: "Confirmed." },
  test: { sent: "A test is on its way." },
  removal: {
    title: "Remove it",
    thisDevice: "This device is told of nothing any more.",
    other: "It is told of nothing any more. You can add it again.",
    verb: "Remove",
    done: "Removed.",
  },
  ending: {
    title: "End this time out of office",
    text: "You are told yourself again, at once.",
    verb: "End it",
    done: "You are told yourself again.",
  },
  settings: {
    twice: "Choose each at most once.",
    noMinutes: "A whole number of minutes, at most 1440.",
    saved: "Saved.",
  },
  away: {
    otherwise:
      "Nothing was signed: the service asked for a signature under something else than this page shows. Reload the page and compare again.",
    noTime: "Enter a day and a time.",
    done: "Out of office is set.",
  },
} as const;
