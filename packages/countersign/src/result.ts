/** A refusal is a value, a bug is a throw: what every function that can refuse returns. */
export type Result<Value, Refusal> = { ok: true; value: Value } | { ok: false; refusal: Refusal };

/** Wraps what was asked for. */
export const accept = <Value>(value: Value): { ok: true; value: Value } => ({ ok: true, value });

/** Wraps why it was not given. */
export const refuse = <Refusal>(refusal: Refusal): { ok: false; refusal: Refusal } => ({ ok: false, refusal });
