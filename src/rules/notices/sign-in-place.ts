/**
 * Where somebody signs in from, as far as their browser says: its family and its system, in words of a fixed list, whatever the header
 * holds. Not in scope: telling two devices of one kind apart, and browsers that say they are others.
 */

/** The first that is found is it: most browsers also name those that they are like. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, "Edge"],
  [/\b(?:OPR|Opera)\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(?:Firefox|FxiOS)\//, "Firefox"],
  [/\b(?:Chrome|Chromium|CriOS|HeadlessChrome)\//, "Chrome"],
  [/\bVersion\/[\d.]+ .*\bSafari\//, "Safari"],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\bAndroid\b/, "Android"],
  [/\biPhone\b/, "an iPhone"],
  [/\biPad\b/, "an iPad"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMacintosh\b/, "a Mac"],
  [/\bLinux\b/, "Linux"],
];

const MOST_READ = 500;

const firstOf = (list: readonly (readonly [RegExp, string])[], text: string): string | undefined =>
  list.find(([one]) => one.test(text))?.[1];

/** `Chrome on Android`, of a User-Agent header, which may be missing. */
export function signInPlace(userAgent: string | null): string {
  const text = (userAgent ?? "").slice(0, MOST_READ);
  return `${firstOf(BROWSERS, text) ?? "another browser"} on ${firstOf(SYSTEMS, text) ?? "another system"}`;
}
