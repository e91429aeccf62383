/** How much may be said about one request before it is decided. Lengths in UTF-16 code units. */
export const MAX_QUESTIONS = 5;
export const MAX_QUESTION_LENGTH = 1_000;
export const MAX_ANSWER_LENGTH = 4_000;
/** Whoever has picked wrong as often can only deny. */
export const MAX_WRONG_PICKS = 2;
