/** `/admin/people/<id>`: signing somebody out, ending their time out of office, and what the list of people can do as well. */
import { PERSON_BLOCK_ID, personBlockShape, personDetailShape } from "#api/people/person-shapes.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { accept } from "#countersign/result.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { readDataBlock } from "#pages/kit/browser/data-block.ts";
import { byId } from "#pages/kit/browser/page.ts";
import { get } from "#pages/kit/browser/post.ts";
import { peopleScriptTexts } from "#texts/browser/people.ts";
import { peopleStateOf, type PersonState, personViews } from "../person-view.ts";
import { bindPeople, removing } from "./people/bind-people.ts";
import { PeopleOnPage } from "./people/state.ts";

const texts = peopleScriptTexts.person;

const block = readDataBlock(PERSON_BLOCK_ID, personBlockShape);
if (!block.ok) throw new Error(block.refusal);
const { id, username } = block.value.detail.person;
const viewer = byId("person").dataset["person"] ?? "";
/** What the service told last. */
let { detail } = block.value;

const page = new PeopleOnPage<PersonState>({
  state: { ...block.value, viewer, said: null },
  async read() {
    const answer = await get(`/api/v1/people/${id}`, new AbortController().signal, personDetailShape);
    if (!answer.ok) return answer;
    detail = answer.value;
    return accept({ detail, now: timestamp(Date.now()) });
  },
  views: personViews,
  people: peopleStateOf,
  adminPasskeys: (state) => state.detail.admin_passkeys,
});

const on = bindPeople("person", page);
on.onList("sign-out", () =>
  on.ask({
    title: texts.signingOut.title(username),
    text: id === viewer ? `${texts.signingOut.text} ${texts.signingOut.own}` : texts.signingOut.text,
    verb: texts.signingOut.verb,
    act: () => removing(on, `/api/v1/people/${id}/sessions`, texts.signingOut.done(username), () => detail.sessions.length === 0),
  }),
);
on.onList("end-away", (delegation) =>
  on.ask({
    title: texts.away.ending,
    text: texts.away.text,
    verb: texts.away.verb,
    act: () =>
      removing(on, `/api/v1/people/${id}/delegations/${delegation}`, texts.away.done, () =>
        detail.out_of_office.every((one) => one.id !== delegation),
      ),
  }),
);
