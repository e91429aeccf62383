/** The versions of the policy, one of which is shown with what it changed. */
import type { FC } from "hono/jsx";
import type { PolicyItem, WaitingPolicy } from "#api/policy-data.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { policiesTexts as texts } from "#texts/policies.ts";
import { lineDifferenceView } from "./difference-view.ts";
import { versionRow } from "./version-view.ts";

/** Two versions, of which the second is shown. Version 0 is empty. */
export interface ShownVersion {
  version: number;
  source: string;
  against: number;
  againstSource: string;
}

export interface KnownPolicies {
  /** What is in force; null before anything is published. */
  inForce: PolicyItem | null;
  /** The newest first, or older ones. */
  versions: readonly PolicyItem[];
  /** From which on older ones are listed; null if there are none. */
  older: string | null;
  inForceSource: string;
  waiting: readonly WaitingPolicy[];
  /** Usernames by id. */
  names: ReadonlyMap<string, string>;
  shown: ShownVersion | null;
}

const Shown: FC<{ shown: ShownVersion; newest: number }> = ({ shown, newest }) => {
  const others = Array.from({ length: newest + 1 }, (_, index) => newest - index).filter((version) => version !== shown.version);
  const caption = texts.shown.compared(shown.version, shown.against);
  return (
    <section id="version" aria-labelledby="version-title">
      <h2 id="version-title">{texts.shown.title(shown.version)}</h2>
      <p>
        {texts.shown.compareWith(
          others.slice(0, 10).map((version, index) => (
            <>
              {index === 0 ? "" : ", "}
              <a
                href={`/admin/policy?version=${shown.version}&against=${version}#version`}
                aria-current={version === shown.against ? "true" : undefined}
              >
                {texts.shown.other(version)}
              </a>
            </>
          )),
        )}
      </p>
      {toJsx(lineDifferenceView(shown.againstSource, shown.source, caption))}
      <details>
        <summary>{texts.shown.text}</summary>
        <pre class="source" tabindex={0}>{`\n${shown.source}`}</pre>
      </details>
    </section>
  );
};

/** `loads`: whether there is an editor on the page. */
export const Versions: FC<KnownPolicies & { loads?: boolean }> = ({ versions, older, shown, inForce, loads = false }) => (
  <>
    {shown === null ? null : <Shown shown={shown} newest={inForce?.version ?? 0} />}
    <h2>{texts.versions.title}</h2>
    {versions.length === 0 ? (
      <p class="nothing">{texts.versions.none}</p>
    ) : (
      <ul class="rows">{versions.map((item) => toJsx(versionRow(item, inForce?.version ?? 0, loads)))}</ul>
    )}
    {older === null ? null : (
      <p>
        <a href={`/admin/policy?before=${older}`}>{texts.versions.older}</a>
      </p>
    )}
  </>
);
