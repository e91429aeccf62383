/** Members of arguments as a policy names them: `amount`, `args.amount`, `transfer.amount`. */

/** Names with dots between them; `args` in front may be left out. */
export const MEMBER_PATH = /^[A-Za-z_][A-Za-z0-9_-]{0,63}(?:\.[A-Za-z_][A-Za-z0-9_-]{0,63}){0,7}$/;

/** The names that lead to a member. */
export const memberPath = (written: string): string[] => {
  const [first, ...rest] = written.split(".");
  return first === undefined || (first === "args" && rest.length > 0) ? rest : [first, ...rest];
};
