/** The script of the log's pages, for people who are signed in. */
import { bindSignOut } from "./parts/sign-out.ts";

bindSignOut();
