/** All of it. */
import type { CorpusCase } from "./corpus-case.ts";
import { HOSTILE_AND_ORDINARY } from "./hostile-and-ordinary.ts";
import { INFRASTRUCTURE } from "./infrastructure.ts";
import { MONEY_AND_MAIL } from "./money-and-mail.ts";
import { STATEMENTS } from "./statements.ts";

export const CORPUS: readonly CorpusCase[] = [...STATEMENTS, ...INFRASTRUCTURE, ...MONEY_AND_MAIL, ...HOSTILE_AND_ORDINARY];
