/** What `/sw.js` says by itself; the rest comes with the push. */

export const serviceWorkerTexts = {
  unreadable: { title: "Countersign", body: "Something has changed. Open the list of requests." },
  renewedDevice: "Renewed device",
} as const;
