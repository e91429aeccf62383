/** `/log`: where the log stands, how it grew, its newest leaves; and, for people, the search for a request's leaf. For anyone. */
import type { FC } from "hono/jsx";
import { Layout, type PagePerson } from "#pages/kit/layout.tsx";
import { hashView, term, termList, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, type View } from "#pages/kit/view.ts";
import { Text, toJsx } from "#pages/kit/view-jsx.ts";
import { countText, entriesText } from "./entry-view.ts";
import { GrowthChart, type GrowthPoint } from "./growth-chart.tsx";

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
const KIND_WORDS: Readonly<Record<string, string>> = {
  "log.genesis": "Beginning of the log, with its key",
  "key.rotated": "The log signs with another key from here on",
};

const utc = (seconds: number): string => new Date(seconds * 1_000).toISOString();

function witnessesView({ witnessed, size }: LogPageProps["log"]): View {
  if (witnessed === null) return "none asked";
  if (witnessed.witnesses.length === 0) return "none yet";
  const seen = witnessed.witnesses.map(({ name, timeSeconds }) =>
    element("li", {}, textView(name, "id"), ", ", timeView(utc(timeSeconds))),
  );
  const of = witnessed.size === size ? "all of it" : `its first ${entriesText(witnessed.size)}`;
  return element("div", {}, `have seen ${of}:`, element("ul", {}, ...seen));
}

const Head: FC<Pick<LogPageProps, "log">> = ({ log }) =>
  toJsx(
    termList(
      term("Log", textView(log.origin, "id")),
      term("Entries", countText(log.size)),
      term("Root", hashView(log.root)),
      term("Key", textView(log.vkey, "id")),
      term("Witnesses", witnessesView(log)),
    ),
  );

/** What of a leaf is public, in words. */
const LeafText: FC<{ revealed: NonNullable<LogLeaf["revealed"]> }> = ({ revealed: { kind, action } }) =>
  action === undefined ? (
    <span class="said">{KIND_WORDS[kind] ?? kind}</span>
  ) : (
    <span class="said">
      Approved: <Text value={action} />
    </span>
  );

const Leaf: FC<{ leaf: LogLeaf }> = ({ leaf: { index, hash, revealed } }) => (
  <li>
    <a class="what" href={`/log/entry/${index}`}>
      Entry {countText(index)}
    </a>
    <span class="when">{revealed === null ? "private" : "public"}</span>
    {revealed === null ? null : <LeafText revealed={revealed} />}
    {toJsx(hashView(hash))}
  </li>
);

const Result: FC<{ found: FoundRequest | null }> = ({ found }) => {
  if (found === null) return <>There is no request of this id that you may see.</>;
  const { id, status, index, endedLog } = found;
  if (index === null) {
    return (
      <>
        <a href={`/a/${id}`}>This request</a> has not ended, so the log does not have it yet.
      </>
    );
  }
  if (endedLog !== null) {
    return (
      <>
        <a href={`/a/${id}`}>This request</a> was {status}. It is entry {countText(index)} of the log <Text value={endedLog} />, which has
        ended. Its <a href={`/api/v1/approvals/${id}/receipt`}>receipt</a> stays valid.
      </>
    );
  }
  return (
    <>
      <a href={`/a/${id}`}>This request</a> was {status}. It is <a href={`/log/entry/${index}`}>entry {countText(index)}</a>, and this is{" "}
      <a href={`/api/v1/approvals/${id}/receipt`}>its receipt</a>.
    </>
  );
};

const Search: FC<Pick<LogPageProps, "person" | "search">> = ({ person, search }) => (
  <section aria-labelledby="search-title">
    <h2 id="search-title">Find a request</h2>
    {person === undefined ? (
      <p>
        Only those concerned can read what is recorded here. <a href="/?next=/log">Sign in</a> to find a request by its id.
      </p>
    ) : (
      <form class="search" method="get" action="/log" role="search">
        <label for="request">Request id</label>
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
          <button type="submit">Find</button>
        </div>
        <p class="hint" id="request-hint">
          Such as apr_…, from the agent or the address of the request.
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
    <h2 id="entries-title">{newer === null ? "Latest entries" : "Earlier entries"}</h2>
    <ul class="rows leaves">
      {leaves.map((leaf) => (
        <Leaf leaf={leaf} />
      ))}
    </ul>
    {newer === null && older === null ? null : (
      <nav class="ways" aria-label="Entries">
        {newer === null ? null : <a href={`/log?before=${newer}`}>Newer</a>}
        {older === null ? null : <a href={`/log?before=${older}`}>Older</a>}
      </nav>
    )}
  </section>
);

export const LogPage: FC<LogPageProps> = ({ log, person, search }) => (
  <Layout title="Log" person={person} here="/log" sheets={["log"]}>
    <main class="log">
      <h1>Transparency log</h1>
      <p>
        Every decision made here is an entry of this log. Its hashes show anybody that nothing was changed or taken out since; what an entry
        says is known only to those concerned, unless it was made public.
      </p>
      <Head log={log} />
      <p class="quiet">
        To check it yourself: <a href="/log/checkpoint">signed checkpoint</a>, <a href="/log/vkey">key</a>,{" "}
        <a href="/verify">receipts and proofs</a>.
      </p>
      <GrowthChart points={log.growth} />
      <Search person={person} search={search} />
      <Leaves log={log} />
    </main>
  </Layout>
);
