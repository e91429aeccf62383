/** Preloaded into a process: whatever it fetches comes from the server at FAKE_SERVICE, which learns the address that was asked for. */
const fetchFromNetwork = globalThis.fetch;
globalThis.fetch = (address, init) => {
  const { origin, pathname } = new URL(address);
  return fetchFromNetwork(new URL(pathname, process.env.FAKE_SERVICE), { ...init, headers: { "x-asked-for": origin } });
};
