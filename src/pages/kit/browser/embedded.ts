/**
 * Browsers inside other apps, which open links that somebody taps there. Many of them cannot use passkeys, even some that have the API;
 * which they are only their user agent tells, and that is a guess: whoever says so says "may".
 */
import { pageScriptTexts as texts } from "#texts/browser/kit/page.ts";

/** What the apps of work put into it, and what they are called; others are told by their WebView. */
const APPS: readonly (readonly [RegExp, string])[] = [
  [/\bInstagram\b/, "Instagram"],
  [/\bFBAN\/Messenger|\bMessenger(?:ForiOS|LiteForiOS)\b/, "Messenger"],
  [/\bFB(?:AN|AV|_IAB)\b/, "Facebook"],
  [/\bSlack\b/, "Slack"],
  [/\bGmail\b/, "Gmail"],
  [/\bGSA\//, texts.elsewhere.googleApp],
  [/\bTeams\//, "Teams"],
  [/\bLinkedInApp\b/, "LinkedIn"],
];

/** A WebView of Android says so; one of iOS leaves out what Safari and every browser there has. */
const isWebView = (agent: string): boolean =>
  /; wv\)/.test(agent) || (/\b(?:iPhone|iPad|iPod)\b.*AppleWebKit/.test(agent) && !/\bSafari\//.test(agent));

/** The app in whose browser the page may be open; null if nothing says that it is in one. */
export const embeddingApp = (agent: string): string | null =>
  APPS.find(([sign]) => sign.test(agent))?.[1] ?? (isWebView(agent) ? texts.elsewhere.anotherApp : null);
