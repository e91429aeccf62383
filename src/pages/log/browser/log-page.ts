/** The script of the log's pages, for people who are signed in. */
import { bindSignOut } from "#pages/kit/browser/sign-out.ts";

bindSignOut();
