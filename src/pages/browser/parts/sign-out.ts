/** The button in the top line that ends the session. */
import { byId } from "./page.ts";
import { anything, post } from "./post.ts";

/** Makes the page's sign-out button work. */
export function bindSignOut(): void {
  byId("sign-out").addEventListener("click", async () => {
    await post("/sign-out", {}, anything);
    location.assign("/");
  });
}
