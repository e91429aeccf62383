/** What the card of a request says that passes in silence, alone and among others. */
import type { FC } from "hono/jsx";
import { approvalsTexts as texts } from "#texts/approvals.ts";

export const Silence: FC = () => <p class="silence">{texts.silence.passes}</p>;
