/** Which app's browser a page may be open in, by user agents as these apps send them. */
import { expect, test } from "vitest";
import { embeddingApp } from "#pages/kit/browser/embedded.ts";

const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const ANDROID =
  "Mozilla/5.0 (Linux; Android 15; Pixel 9 Build/BP1A.250505.005; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/137.0.7151.89 Mobile Safari/537.36";

test.each([
  ["Instagram", `${IPHONE} Mobile/15E148 Instagram 390.0.0.28.85 (iPhone16,1; iOS 18_5; en_US; en; scale=3.00; 1179x2556; 0)`],
  ["Instagram", `${ANDROID} Instagram 385.0.0.47.74 Android (35/15; 420dpi; 1080x2424; Google/google; Pixel 9)`],
  ["Facebook", `${IPHONE} Mobile/22F76 [FBAN/FBIOS;FBAV/516.0.0.53.99;FBBV/741868516;FBDV/iPhone16,1]`],
  ["Facebook", `${ANDROID} [FB_IAB/FB4A;FBAV/516.0.0.46.77;]`],
  ["Messenger", `${IPHONE} Mobile/22F76 [FBAN/MessengerForiOS;FBAV/508.0.0.41.105]`],
  ["Slack", `${ANDROID} Slack/25.05.40`],
  ["Gmail", `${ANDROID} Gmail/2025.05`],
  ["the Google app", `${IPHONE} GSA/370.0.765 Mobile/15E148 Safari/604.1`],
  ["Teams", `${IPHONE} Mobile/15E148 Teams/7.8.1`],
  ["LinkedIn", `${IPHONE} Mobile/15E148 [LinkedInApp]/9.31.7290`],
  ["another app", ANDROID],
  ["another app", `${IPHONE} Mobile/15E148`],
])("%s", (app, agent) => {
  expect(embeddingApp(agent)).toBe(app);
});

test.each([
  `${IPHONE} Version/18.5 Mobile/15E148 Safari/604.1`,
  `${IPHONE} CriOS/137.0.7151.79 Mobile/15E148 Safari/604.1`,
  "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36",
  "Mozilla/5.0 (Android 15; Mobile; rv:139.0) Gecko/139.0 Firefox/139.0",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36 Edg/137.0.0.0",
])("a browser by itself: %s", (agent) => {
  expect(embeddingApp(agent)).toBeNull();
});
