/** `/log`: where the log stands, how it grew, its newest leaves; and, for people, the search for a request's leaf. For anyone. */
import type { FC } from "hono/jsx";
import { Layout, type PagePerson } from "#pages/kit/layout.tsx";
import { hashView, term, termList, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, type View } from "#pages/kit/view.ts";
import { Text, toJsx } from "#pages/kit/view-jsx.ts";
import { logTexts as texts } from "#texts/log.ts";
import { entriesText } from "./entry-view.ts";
import { GrowthChart, type GrowthPoint } from "./growth-chart.tsx";
import { languageTexts as language } from "#texts/kit/language.ts";

interface LogLeaf {
  index: number;
  hash: string;
  /** What of it is public; null for nothing. */
  revealed: { kind: string; action?: string } | null;
}

/** A request that was found: how it stands, and which entry it is; null while it has none. */
interface FoundRequest {
  id: string;
  status: string;
  index: number | null;
  /** The origin line of the log whose entry it is, if that has ended; null if it is the one that is shown. */
  endedLog: string | null;
}

/** A search for a request. `found` is null if there is none, and if it is not for this person: nobody learns which. */
export interface RequestSearch {
  sought: string;
  found: FoundRequest | null;
}

export interface LogPageProps {
  log: {
    origin: string;
    size: number;
    root: string;
    vkey: string;
    /** Null where no witnesses are asked. */
    witnessed: { size: number; witnesses: readonly { name: string; timeSeconds: number }[] } | null;
    growth: readonly GrowthPoint[];
    /** The newest first. */
    leaves: readonly LogLeaf[];
    /** Before which index the pages beside this one begin; null for none. */
    newer: number | null;
    older: number | null;
  };
  /** Who may search; none for strangers. */
  person: PagePerson | undefined;
  /** Null if nothing was searched for. */
  search: RequestSearch | null;
}

/** What a kind of record is called here. */
const KIND_WORDS: Readonly<Record<string, string>> = texts.log.kinds;

const utc = (seconds: number): string => new Date(seconds * 1_000).toISOString();

function witnessesView({ witnessed, size }: LogPageProps["log"]): View {
  if (witnessed === null) return texts.log.noneAsked;
  if (witnessed.witnesses.length === 0) return texts.log.noneYet;
  const seen = witnessed.witnesses.map(({ name, timeSeconds }) =>
    element("li", {}, textView(name, "id"), ", ", timeView(utc(timeSeconds))),
  );
  const of = witnessed.size === size ? texts.log.allOfIt : texts.log.itsFirst(entriesText(witnessed.size));
  return element("div", {}, texts.log.haveSeen(of), element("ul", {}, ...seen));
}

const Head: FC<Pick<LogPageProps, "log">> = ({ log }) =>
  toJsx(
    termList(
      term(texts.log.log, textView(log.origin, "id")),
      term(texts.log.entries, language.number(log.size)),
      term(texts.log.root, hashView(log.root)),
      term(texts.log.key, textView(log.vkey, "id")),
      term(texts.log.witnesses, witnessesView(log)),
    ),
  );

/** What of a leaf is public, in words. */
const LeafText: FC<{ revealed: NonNullable<LogLeaf["revealed"]> }> = ({ revealed: { kind, action } }) =>
  action === undefined ? (
    <span class="said">{KIND_WORDS[kind] ?? kind}</span>
  ) : (
    <span class="said">{texts.log.approved(<Text value={action} />)}</span>
  );

const Leaf: FC<{ leaf: LogLeaf }> = ({ leaf: { index, hash, revealed } }) => (
  <li>
    <a class="what" href={`/log/entry/${index}`}>
      {texts.log.entry(language.number(index))}
    </a>
    <span class="when">{revealed === null ? texts.log.private : texts.log.public}</span>
    {revealed === null ? null : <LeafText revealed={revealed} />}
    {toJsx(hashView(hash))}
  </li>
);

const Result: FC<{ found: FoundRequest | null }> = ({ found }) => {
  if (found === null) return <>{texts.log.noSuchRequest}</>;
  const { id, status, index, endedLog } = found;
  if (index === null) {
    return <>{texts.log.notEnded(<a href={`/a/${id}`}>{texts.log.thisRequest}</a>)}</>;
  }
  if (endedLog !== null) {
    return (
      <>
        {texts.log.inEndedLog(
          <a href={`/a/${id}`}>{texts.log.thisRequest}</a>,
          status,
          language.number(index),
          <Text value={endedLog} />,
          <a href={`/api/v1/approvals/${id}/receipt`}>{texts.log.receipt}</a>,
        )}
      </>
    );
  }
  return (
    <>
      {texts.log.found(
        <a href={`/a/${id}`}>{texts.log.thisRequest}</a>,
        status,
        <a href={`/log/entry/${index}`}>{texts.log.itsEntry(language.number(index))}</a>,
        <a href={`/api/v1/approvals/${id}/receipt`}>{texts.log.itsReceipt}</a>,
      )}
    </>
  );
};

const Search: FC<Pick<LogPageProps, "person" | "search">> = ({ person, search }) => (
  <section aria-labelledby="search-title">
    <h2 id="search-title">{texts.log.findARequest}</h2>
    {person === undefined ? (
      <p>{texts.log.signInToFind(<a href="/?next=/log">{texts.log.signIn}</a>)}</p>
    ) : (
      <form class="search" method="get" action="/log" role="search">
        <label for="request">{texts.log.requestId}</label>
        <div>
          <input
            id="request"
            name="request"
            class="code"
            value={search?.sought ?? ""}
            maxlength={64}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            aria-describedby="request-hint"
          />
          <button type="submit">{texts.log.find}</button>
        </div>
        <p class="hint" id="request-hint">
          {texts.log.idHint}
        </p>
        {search === null ? null : (
          <p class="done" role="status">
            <Result found={search.found} />
          </p>
        )}
      </form>
    )}
  </section>
);

const Leaves: FC<Pick<LogPageProps, "log">> = ({ log: { leaves, newer, older } }) => (
  <section aria-labelledby="entries-title">
    <h2 id="entries-title">{newer === null ? texts.log.latestEntries : texts.log.earlierEntries}</h2>
    <ul class="rows leaves">
      {leaves.map((leaf) => (
        <Leaf leaf={leaf} />
      ))}
    </ul>
    {newer === null && older === null ? null : (
      <nav class="ways" aria-label={texts.log.entries}>
        {newer === null ? null : <a href={`/log?before=${newer}`}>{texts.log.newer}</a>}
        {older === null ? null : <a href={`/log?before=${older}`}>{texts.log.older}</a>}
      </nav>
    )}
  </section>
);

export const LogPage: FC<LogPageProps> = ({ log, person, search }) => (
  <Layout title={texts.log.log} person={person} here="/log" sheets={["log"]}>
    <main class="log">
      <h1>{texts.log.transparencyLog}</h1>
      <p>{texts.log.about}</p>
      <Head log={log} />
      <p class="quiet">
        {texts.log.checkYourself(
          <a href="/log/checkpoint">{texts.log.signedCheckpoint}</a>,
          <a href="/log/vkey">{texts.log.itsKey}</a>,
          <a href="/verify">{texts.log.receiptsAndProofs}</a>,
        )}
      </p>
      <GrowthChart points={log.growth} />
      <Search person={person} search={search} />
      <Leaves log={log} />
    </main>
  </Layout>
);
