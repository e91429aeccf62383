/** `/admin/policy` for approvers and auditors: what is in force and was, and what waits. Nothing on it changes anything. */
import type { FC } from "hono/jsx";
import { Layout, type PagePerson } from "#pages/kit/layout.tsx";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { policiesTexts as texts } from "#texts/policies.ts";
import { stateView, waitingPolicyView } from "./version-view.ts";
import { type KnownPolicies, Versions } from "./versions.tsx";

export const PolicyRecordPage: FC<KnownPolicies & { person: PagePerson }> = (props) => {
  const { person, inForce, inForceSource, waiting, names } = props;
  return (
    <Layout title={texts.title} sheets={["desk", "policy"]} person={person} here="/admin/policy">
      <main id="policies">
        <h1>{texts.title}</h1>
        <p>{texts.record.intro}</p>
        {toJsx(stateView(inForce))}
        {waiting.length === 0 ? null : (
          <section aria-labelledby="waiting-title">
            <h2 id="waiting-title">{texts.waiting.title}</h2>
            <ul class="cards">{waiting.map((one) => toJsx(waitingPolicyView(one, inForceSource, null, names)))}</ul>
          </section>
        )}
        <Versions {...props} />
      </main>
    </Layout>
  );
};
