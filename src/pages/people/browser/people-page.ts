/** `/admin/people`: what each button does is people/bind-people.ts, what is signed people/sign-changes.ts, what is shown people/state.ts. */
import { invitesShape } from "#api/people-shapes.ts";
import { PEOPLE_BLOCK_ID, peopleBlockShape, peopleListShape } from "#api/people/person-shapes.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { accept } from "#countersign/result.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { readDataBlock } from "#pages/kit/browser/data-block.ts";
import { byId } from "#pages/kit/browser/page.ts";
import { get } from "#pages/kit/browser/post.ts";
import { type PeopleState, peopleViews } from "../people-view.ts";
import { bindPeople } from "./people/bind-people.ts";
import { bindInvite } from "./people/invite.ts";
import { PeopleOnPage } from "./people/state.ts";

interface ListState extends PeopleState {
  adminPasskeys: number;
}

const block = readDataBlock(PEOPLE_BLOCK_ID, peopleBlockShape);
if (!block.ok) throw new Error(block.refusal);

const stateOf = ({ list, invites, now }: typeof block.value): Omit<ListState, "viewer" | "said"> => ({
  people: list.items,
  waiting: list.waiting,
  signers: list.signers,
  adminPasskeys: list.admin_passkeys,
  invites,
  now,
});

const page = new PeopleOnPage<ListState>({
  state: { ...stateOf(block.value), viewer: byId("people").dataset["person"] ?? "", said: null },
  async read() {
    const signal = new AbortController().signal;
    const [list, invites] = await Promise.all([
      get(byId("people").dataset["list"] ?? "/api/v1/people", signal, peopleListShape),
      get("/api/v1/invites", signal, invitesShape),
    ]);
    if (!list.ok) return list;
    if (!invites.ok) return invites;
    return accept(stateOf({ list: list.value, invites: invites.value.items, now: timestamp(Date.now()) }));
  },
  views: peopleViews,
  people: (state) => state,
  adminPasskeys: (state) => state.adminPasskeys,
});

bindPeople("people", page);
bindInvite(() => page.refresh());
