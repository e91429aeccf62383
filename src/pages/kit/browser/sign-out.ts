/** The button in the top line that ends the session. */
import { byId, onClick } from "./page.ts";
import { anything, post } from "./post.ts";

/** Makes the page's sign-out button work. */
export function bindSignOut(): void {
  onClick(byId("sign-out"), async () => {
    await post("/sign-out", {}, anything);
    location.assign("/");
  });
}
