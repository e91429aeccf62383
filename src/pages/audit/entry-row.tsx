/** An entry of the record as a row of the list: what happened, by whom, under which rule, and when. */
import type { Child, FC } from "hono/jsx";
import type { AuditEntry } from "#api/audit/audit-data.ts";
import { timeView } from "#pages/kit/row-view.ts";
import { Text, toJsx } from "#pages/kit/view-jsx.ts";
import { auditTexts as texts } from "#texts/audit.ts";
import { kindText } from "./entry-words.ts";

/** In their own words; texts of agents, and names. */
export const EntryTitle: FC<{ entry: Pick<AuditEntry, "kind" | "text" | "request_id"> }> = ({
  entry: { kind, text, request_id: request },
}) => {
  const about = text === "" ? (request ?? "") : text;
  return about === "" ? <>{kindText(kind)}</> : <>{texts.row.other(kindText(kind), <Text value={about} />)}</>;
};

/** Names beside each other, with commas between. */
const Listed: FC<{ parts: Child[] }> = ({ parts }) => <>{parts.flatMap((part, at): Child[] => (at === 0 ? [part] : [", ", part]))}</>;

export const People: FC<{ people: AuditEntry["people"] }> = ({ people }) => (
  <Listed
    parts={people.map(({ username }) => (
      <Text value={username} />
    ))}
  />
);

export const EntryRow: FC<{ entry: AuditEntry }> = ({ entry }) => {
  const { id, at, kind, status, agent, people, rule } = entry;
  const facts = [
    ...(kind === "call" && status !== null ? [status] : []),
    ...(agent === null ? [] : [<Text value={agent.name} />]),
    ...(people.length === 0
      ? []
      : [
          <span>
            {texts.row.by}
            <People people={people} />
          </span>,
        ]),
    ...(rule === null ? [] : [<span>{texts.row.rule(<Text value={rule} />)}</span>]),
  ];
  return (
    <li>
      <a class="what" href={`/audit/${id}`}>
        <EntryTitle entry={entry} />
      </a>
      <span class="who">
        <Listed parts={facts} />
      </span>
      <span class="when">{toJsx(timeView(at))}</span>
    </li>
  );
};
