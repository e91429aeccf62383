/**
 * What a child process gets of this one's environment: not the secrets of this service, nor anybody's. Wrangler, npm, compilers and
 * what they start in turn are other people's programs; what they are not given they can neither log nor send. Plain JavaScript
 * without imports, as it is used before anything is installed.
 */

/** Whatever is named like a secret is one: a list would lack the next. */
const NAMED_LIKE_A_SECRET = /key|secret|token|pass(?:word|wd|phrase)|credential|private/i;

/** What is wrangler's own at Cloudflare, and what npm signs in to its registry with. */
export const WRANGLERS_OWN = /^(?:CLOUDFLARE|CF|WRANGLER)_/;
export const NPMS_OWN = /^(?:npm_|NPM_|NODE_AUTH_TOKEN$)/;

/** The environment without secrets, but for those whose names match `own`: the child's, or what it is started for. */
export const withoutSecrets = (environment, own = /(?!)/) =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => own.test(name) || !NAMED_LIKE_A_SECRET.test(name)));
