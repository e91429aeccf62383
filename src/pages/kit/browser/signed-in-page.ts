/** What every page of somebody who is signed in can do: end the session, with the button in the top line. Pages that do nothing else load only this. */
import { byId, onClick } from "./page.ts";
import { anything, post } from "./post.ts";

onClick(byId("sign-out"), async () => {
  await post("/sign-out", {}, anything);
  location.assign("/");
});
