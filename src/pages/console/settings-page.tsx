/** `/admin/settings`: how this deployment is set up, and how it is. Nothing on it changes anything, and no secret is on it. */
import type { Child, FC } from "hono/jsx";
import type { SettingsData } from "#api/console/settings-data.ts";
import { Layout, type PagePerson } from "#pages/kit/layout.tsx";
import { timeView } from "#pages/kit/row-view.ts";
import { Text, toJsx } from "#pages/kit/view-jsx.ts";
import { consoleTexts } from "#texts/console.ts";
import { durationText } from "./duration.ts";

const texts = consoleTexts.settings;

interface SettingsPageProps {
  person: PagePerson;
  settings: SettingsData;
  /** Milliseconds since the epoch. */
  now: number;
}

const Fact: FC<{ name: Child; children?: Child }> = ({ name, children }) => (
  <div class="member">
    <dt class="name">{name}</dt>
    <dd>{children}</dd>
  </div>
);

const Time: FC<{ time: string }> = ({ time }) => <>{toJsx(timeView(time))}</>;

/** A time, and how long ago that was; what never was is at the beginning of all times. */
const Ago: FC<{ time: string; now: number }> = ({ time, now }) =>
  Date.parse(time) === 0 ? (
    <>{texts.notYet}</>
  ) : (
    <>
      <Time time={time} /> ({texts.ago(durationText(Math.max(0, (now - Date.parse(time)) / 1_000)))})
    </>
  );

const alertText = ({ name, agent, rule }: SettingsData["alerts"][number]): string => {
  const { alerts } = consoleTexts;
  switch (name) {
    case "log_frozen":
    case "witness_away":
    case "messages_stuck":
    case "calls_behind":
      return alerts[name];
    default:
      return alerts.limit_reached(agent ?? "", rule ?? "");
  }
};

const Alerts: FC<Pick<SettingsData, "alerts">> = ({ alerts }) =>
  alerts.length === 0 ? null : (
    <section aria-labelledby="amiss">
      <h2 id="amiss">{consoleTexts.alerts.title}</h2>
      <ul class="amiss">
        {alerts.map((alert) => (
          <li>
            {consoleTexts.alerts
              .since("", <Time time={alert.since} />)
              .map((part) => (part === "" ? <Text value={alertText(alert)} /> : part))}
          </li>
        ))}
      </ul>
    </section>
  );

const Witnesses: FC<{ log: NonNullable<SettingsData["log"]> }> = ({ log: { witnesses, witness_health: health } }) => (
  <Fact name={texts.witnesses}>
    {witnesses === null ? (
      texts.noWitnesses
    ) : (
      <>
        {texts.witnessStates[health ?? "unknown"]}
        <ul>
          {witnesses.map(({ name, cosigned_at: at }) => (
            <li>{at === null ? texts.notCosigned(<Text value={name} />) : texts.cosigned(<Text value={name} />, <Time time={at} />)}</li>
          ))}
        </ul>
      </>
    )}
  </Fact>
);

const Log: FC<{ log: SettingsData["log"]; now: number }> = ({ log, now }) =>
  log === null ? (
    <Fact name={texts.log}>{texts.noLog}</Fact>
  ) : (
    <>
      <Fact name={texts.log}>
        <Text value={log.origin} />
      </Fact>
      <Fact name={texts.state}>{texts[log.state]}</Fact>
      <Fact name={texts.size}>{consoleTexts.number(log.size)}</Fact>
      <Fact name={texts.newest}>
        <Ago time={log.newest_at} now={now} />
      </Fact>
      <Witnesses log={log} />
    </>
  );

const Health: FC<{ settings: SettingsData; now: number }> = ({ settings, now }) => {
  const { log, messages, rounds, version, migrations } = settings;
  return (
    <section aria-labelledby="health">
      <h2 id="health">{texts.health}</h2>
      <dl class="object terms">
        <Log log={log} now={now} />
        <Fact name={texts.messages}>
          {texts.messageCounts(messages.waiting, messages.failed)}
          {messages.oldest_due === null ? null : <p>{texts.oldestDue(<Time time={messages.oldest_due} />)}</p>}
        </Fact>
        <Fact name={texts.cron}>
          <Ago time={rounds.counted_at} now={now} />
        </Fact>
        {rounds.calls_counted_at === null ? null : (
          <Fact name={texts.callsCron}>
            <Ago time={rounds.calls_counted_at} now={now} />
          </Fact>
        )}
        <Fact name={texts.version}>{version.package}</Fact>
        {version.upload === null ? null : <Fact name={texts.upload}>{version.upload}</Fact>}
        <Fact name={texts.migrations}>{migrations.main ?? texts.unknown}</Fact>
        {rounds.calls_counted_at === null ? null : <Fact name={texts.auditMigrations}>{migrations.audit ?? texts.unknown}</Fact>}
      </dl>
    </section>
  );
};

const isPart = (name: string): name is keyof typeof texts.part => Object.hasOwn(texts.part, name);

const Parts: FC<Pick<SettingsData, "parts">> = ({ parts }) => (
  <section aria-labelledby="parts">
    <h2 id="parts">{texts.parts}</h2>
    <p class="quiet">{texts.partsAbout}</p>
    <dl class="object terms">
      {parts.map(({ part, needs, is_on: isOn }) => (
        <Fact name={isPart(part) ? texts.part[part].name : part}>
          <strong>{isOn ? texts.on : texts.off}</strong> <span class="quiet">{needs.join(", ")}</span>
          {isOn || !isPart(part) ? null : <p>{texts.part[part].how}</p>}
        </Fact>
      ))}
    </dl>
  </section>
);

const Value: FC<{ setting: SettingsData["settings"][number] }> = ({ setting: { value, is_set: isSet, default: otherwise } }) => {
  if (value === null) return <span class="quiet">{texts.notSet}</span>;
  const note = isSet ? otherwise === null ? null : <>({texts.otherDefault(otherwise)})</> : <>({texts.isDefault})</>;
  return (
    <>
      <span class="value">
        <Text value={value} />
      </span>{" "}
      <span class="quiet">{note}</span>
    </>
  );
};

export const SettingsPage: FC<SettingsPageProps> = ({ person, settings, now }) => (
  <Layout title={texts.title} sheets={["console"]} person={person} here="/admin/settings">
    <main id="settings" class="console">
      <h1>{texts.title}</h1>
      <p>{texts.about}</p>
      <Alerts alerts={settings.alerts} />
      <Health settings={settings} now={now} />
      <Parts parts={settings.parts} />
      <section aria-labelledby="variables">
        <h2 id="variables">{texts.variables}</h2>
        <dl class="object terms">
          {settings.settings.map((setting) => (
            <Fact name={setting.name}>
              <Value setting={setting} />
            </Fact>
          ))}
        </dl>
      </section>
      <section aria-labelledby="secrets">
        <h2 id="secrets">{texts.secrets}</h2>
        <p class="quiet">{texts.secretsAbout}</p>
        <dl class="object terms">
          {settings.secrets.map(({ name, is_set: isSet }) => (
            <Fact name={name}>{isSet ? texts.set : texts.notSet}</Fact>
          ))}
        </dl>
      </section>
    </main>
  </Layout>
);
