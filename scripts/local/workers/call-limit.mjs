/** Stands in for the platform's rate limits (`ratelimits` of wrangler.toml): `limit` calls of one key within `period` seconds. */
export default function callLimit({ limit, period }) {
  let window = 0;
  let calls = new Map();
  return {
    limit({ key }) {
      const now = Math.floor(Date.now() / (period * 1000));
      if (now !== window) [window, calls] = [now, new Map()];
      const before = calls.get(key) ?? 0;
      if (before < limit) calls.set(key, before + 1);
      return Promise.resolve({ success: before < limit });
    },
  };
}
