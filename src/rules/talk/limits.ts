/** How much may be said about one request before it is decided. Lengths in UTF-16 code units. */
export const MAX_QUESTIONS = 5;
export const MAX_QUESTION_LENGTH = 1_000;
export const MAX_ANSWER_LENGTH = 4_000;
/** How often more time may be given, and what each time is at least, in milliseconds, unless the rule leaves less. */
export const MAX_EXTENSIONS = 10;
export const LEAST_EXTENSION_MS = 300_000;
/** Whoever has picked wrong as often can only deny. */
export const MAX_WRONG_PICKS = 2;
