/** Where somebody signs in from, of what browsers say of themselves and of what nobody should. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { wording } from "#channels/wording.ts";
import { signInPlace } from "#rules/notices/sign-in-place.ts";

const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";

it.each([
  ["Chrome on Windows", `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/141.0.0.0 Safari/537.36`],
  ["Chrome on Android", `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/141.0.0.0 Mobile Safari/537.36`],
  ["Chrome on ChromeOS", `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/141.0.0.0 Safari/537.36`],
  [
    "Chrome on an iPhone",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0 Mobile/15E148 Safari/604.1",
  ],
  ["Edge on Windows", `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0`],
  ["Opera on a Mac", `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Chrome/141.0.0.0 Safari/537.36 OPR/120.0.0.0`],
  ["Samsung Internet on Android", `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`],
  [
    "Safari on a Mac",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
  ],
  [
    "Safari on an iPad",
    "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
  ],
  ["Firefox on Linux", "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"],
  ["another browser on another system", "curl/8.5.0"],
  ["another browser on another system", ""],
])("%s", (place, userAgent) => {
  expect(signInPlace(userAgent)).toBe(place);
});

it("says nothing that stands in the header, whatever that is", () => {
  expect(signInPlace(null)).toBe("another browser on another system");
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 2_000 }), (userAgent) => {
      expect(signInPlace(userAgent)).toMatch(/^(?:Edge|Opera|Samsung Internet|Firefox|Chrome|Safari|another browser) on [A-Za-z ]{1,20}$/);
    }),
  );
});

it("is worded with where and when, and what to do if it was somebody else", () => {
  const content = {
    type: "session.opened",
    at: "2026-11-20T09:30:00.000Z",
    url: "https://gate.example.com/account",
    place: "Chrome on Android",
  };
  expect(wording(content, null)).toEqual({
    title: "You signed in from somewhere new",
    lines: ["Chrome on Android, 20 Nov 2026, 09:30 UTC.", "If that was not you, sign out everywhere, and have your passkey revoked."],
    urgency: "high",
    isNews: false,
    link: { url: "https://gate.example.com/account", text: "See where you are signed in" },
  });
});
