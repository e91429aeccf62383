/** What all pages share: the document, the top line with the name and the ways out, and where scripts tell what happened. */
import { raw } from "hono/html";
import type { Child, FC } from "hono/jsx";
import built from "#dist/assets.json" with { type: "json" };
import { kitTexts } from "#texts/kit.ts";
import { languageTexts as language } from "#texts/kit/language.ts";
import { plainText } from "./text-view.ts";
import { timeText } from "./time-text.ts";

const texts = kitTexts.layout;

/** The path, with a hash of the content in it, of a file such as `approval.js`, as scripts/build.mjs left it. */
const asset = (name: keyof typeof built): string => built[name];

/** The signed-in reader of a page. */
export interface PagePerson {
  id: string;
  username: string;
  displayName: string;
  /** Whether agents and people are theirs to manage. */
  mayAdminister: boolean;
  /** Whether agents and people are theirs to see. */
  mayOversee?: boolean;
  /** Whether agents are theirs to stop. */
  mayStop?: boolean;
  /** Since when everything is stopped; null, or left out, if it is not. */
  everythingStoppedAt?: string | null;
  /** How much waits to be looked at; null, or left out, where that is not known. */
  toLookAt?: number | null;
}

/** "To look at", with how much of it waits: from a hundred on, that it is more. */
export const toLookAtText = (waiting: number): string =>
  waiting === 0 ? texts.toLookAt : texts.toLookAtMany(waiting < 100 ? String(waiting) : "99+");

const Mark: FC = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="7" />
    <path d="M7 11l7 7M14 11l-7 7M7 24h18" />
  </svg>
);

const Navigation: FC<{ person: PagePerson; here: string }> = ({ person, here }) => {
  const seesAll = person.mayAdminister || person.mayOversee === true;
  const overseen = [
    { href: "/admin", name: texts.overview },
    { href: "/admin/agents", name: texts.agents },
    { href: "/admin/people", name: texts.people },
    { href: "/admin/policy", name: texts.policy },
    { href: "/admin/servers", name: texts.servers },
    { href: "/admin/channels", name: texts.channels },
    { href: "/admin/grants", name: texts.grants },
    { href: "/audit", name: texts.audit },
    { href: "/admin/settings", name: texts.settings },
  ];
  const places = [
    { href: "/", name: texts.requests },
    ...((person.toLookAt ?? 0) > 0 || here === "/look" ? [{ href: "/look", name: toLookAtText(person.toLookAt ?? 0) }] : []),
    ...(seesAll ? overseen : []),
    // Whoever approves sees what they let pass themselves.
    ...(person.mayStop && !seesAll ? [{ href: "/admin/grants", name: texts.grants }] : []),
    // Admins find it with the agents.
    ...(person.mayStop && !person.mayAdminister ? [{ href: "/stop", name: texts.stop }] : []),
    { href: "/log", name: texts.log },
    { href: "/account", name: texts.account },
  ];
  return (
    <nav aria-label={texts.main} class={seesAll ? "many" : undefined}>
      {places.map(({ href, name }) => (
        <a href={href} aria-current={href === here ? "page" : undefined}>
          {name}
        </a>
      ))}
      <button type="button" class="link" id="sign-out" title={plainText(texts.signedInAs(person.username))}>
        {texts.signOut}
      </button>
    </nav>
  );
};

/** On every page of somebody who is signed in, while everything is stopped. */
const Halted: FC<{ since: string | null | undefined }> = ({ since }) =>
  since == null ? null : (
    <p class="message halted">
      {texts.halted(<strong>{texts.everythingStopped}</strong>, timeText(since), <a href="/stop">{texts.whoStopped}</a>)}
    </p>
  );

interface LayoutProps {
  /** May hold text of agents; shown with escapes. */
  title: string;
  /** The page's script: `inbox.js` is browser/inbox-page.ts. Left out, it is the one that makes "Sign out" work, where that is shown. */
  script?: Parameters<typeof asset>[0] | undefined;
  /** Style sheets that it takes besides that of all pages: of the console, of lists and dialogs, of documents, of the log, of the policy, of requests, of checks. */
  sheets?: readonly ("console" | "desk" | "docs" | "log" | "policy" | "request" | "verify")[];
  /** Signed in as, with the ways through the service; none on pages that should have none. */
  person?: PagePerson | undefined;
  /** Since when everything is stopped, on a page that has no ways through the service. */
  everythingStoppedAt?: string | null;
  /** The path of this page, to mark it in the navigation. */
  here?: string;
  children?: Child;
}

/** A whole document, doctype included. */
export const Layout: FC<LayoutProps> = ({
  title,
  person,
  script = person === undefined ? undefined : "signed-in.js",
  here = "",
  everythingStoppedAt,
  sheets = [],
  children,
}) => (
  <>
    {raw("<!doctype html>")}
    <html lang={language.code} dir={language.direction} translate="no">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="theme-color" content="#f6f8f7" media="(prefers-color-scheme: light)" />
        <meta name="theme-color" content="#111715" media="(prefers-color-scheme: dark)" />
        <meta name="format-detection" content="telephone=no, date=no, address=no, email=no" />
        <meta name="google" content="notranslate" />
        <meta name="robots" content="noindex" />
        <title>{texts.title(plainText(title))}</title>
        <link rel="manifest" href="/manifest.webmanifest" />
        <link rel="apple-touch-icon" href={asset("icon-192.png")} />
        <link rel="icon" type="image/svg+xml" href={asset("mark.svg")} />
        <link rel="stylesheet" href={asset("style.css")} />
        {sheets.map((sheet) => (
          <link rel="stylesheet" href={asset(`${sheet}.css`)} />
        ))}
        {script === undefined ? null : <script type="module" src={asset(script)}></script>}
      </head>
      <body data-phone={asset("phone.js")}>
        <header class="top">
          <a class="wordmark" href="/">
            <Mark />
            {texts.service}
          </a>
          {person === undefined ? null : <Navigation person={person} here={here} />}
          <Halted since={person?.everythingStoppedAt ?? everythingStoppedAt} />
        </header>
        {children}
      </body>
    </html>
  </>
);

/** Where a script tells what happened, in words; announced when it changes. */
export const Message: FC<{ id?: string }> = ({ id = "message" }) => <p id={id} class="message" role="alert" hidden></p>;

/** What a page that signs says to a browser without scripts. */
export const NeedsScript: FC = () => (
  <noscript>
    <p class="message">{texts.needsScript}</p>
  </noscript>
);
