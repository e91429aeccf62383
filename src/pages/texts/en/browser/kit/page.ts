/** What the scripts of all pages say. */
export const pageScriptTexts = {
  copy: {
    copied: "Copied.",
    selected: "Selected. Copy it with your keyboard.",
  },
  elsewhere: {
    copyLink: "Copy the link to this page",
    copied: "Copied. Open it in another browser.",
    withPhone: "Go on with your phone",
    inApp: (app: string) =>
      `You may be in the browser of ${app}, which often cannot use passkeys. Open this page in your phone’s own browser: from the menu here, or with its link.`,
    googleApp: "the Google app",
    anotherApp: "another app",
    qrCode: "QR code of this page’s link",
    close: "Close",
    scan: "Scan this with your phone’s camera and sign in there. It is the link to this page, nothing else.",
  },
  passkey: {
    unsupported: "This browser cannot use passkeys. Open this page in one that can, such as a current Chrome, Firefox or Safari.",
    noneHere:
      "there is no passkey of yours for this service on this device, or your PIN or fingerprint was not taken. Use the device that has your passkey.",
    noneCanBeMade: "nothing here can hold a new passkey, or your PIN or fingerprint was not taken. Use another device or security key.",
    nothingWasSigned: "Nothing was signed.",
    notSignedIn: "You are not signed in.",
    noPasskeyWasMade: "No passkey was made.",
  },
  answers: {
    unreachable: "The service did not answer. Check the connection and try again.",
    unreadable: "What answered is not the service, or not a version that this page knows. Reload the page and try again.",
    checking: "The answer did not come through, so it is not known whether this was done. Checking what the service has now.",
    notRead: "It is not known whether this was done: the service cannot be read now. Reload the page before you try again.",
    notDone: "The answer did not come through, and the service shows that this was not done. You can try again.",
  },
  prompt: {
    stopWaiting: "Stop waiting",
    keyWithoutPin: "A security key needs a PIN or a fingerprint of its own; older ones (U2F) have neither.",
    stopped: "You stopped waiting for your passkey. You can try again.",
    keyLacksPin: (keyWithoutPin: string) => `${keyWithoutPin} Set one up, or use another device.`,
    keyIsFull: "This security key cannot hold a passkey, or has no room for another. Use another key or device.",
    alreadyThere: "This device already has a passkey of yours for this service. Use that one, or make one on another device.",
    noSuchKind: "This device makes no passkey of a kind that this service can check. Use another device.",
    wrongAddress: "Passkeys do not work at this address. Open the address that you were given.",
    closed: "The prompt was closed by this page. You can try again.",
    refusedAtOnce: (lacking: string, keyWithoutPin: string) => `The browser refused at once: ${lacking} ${keyWithoutPin}`,
    timedOut: (minutes: number) => `The prompt timed out after ${minutes} minutes. You can try again.`,
    closedByPerson: (lacking: string, keyWithoutPin: string) =>
      `The prompt was closed. You can try again. If it was not you who closed it: ${lacking} ${keyWithoutPin}`,
    failed: (name: string) => `The browser could not use a passkey${name === "" ? "" : ` (${name})`}. Try again, or use another browser.`,
  },
} as const;
