/** What an agent does with the package, in whatever runtime: on `fetch`, WebCrypto and what is given alone. Gives what came of it, to compare. */
export async function anywhere({ Countersign }, { StubCountersign }) {
  const stub = new StubCountersign();
  const { url, apiKey, logKey } = stub;
  const countersign = new Countersign({ url, apiKey, logKey, fetch: stub.fetch });
  const states = [];
  const deciding = (verdict) => ({
    onProgress: ({ kind, state }) => {
      if (kind !== "asked") return;
      states.push(JSON.parse(JSON.stringify(state)));
      if (verdict !== null) stub.decide(state.request_id, verdict, "Because");
    },
  });
  const ran = [];
  const deploy = countersign.gate(
    (args) => {
      ran.push(args.version);
      return args.version;
    },
    { action: "Deploy" },
  );
  const codeOf = (work) =>
    work.then(
      (value) => value,
      (error) => `${error.name} ${error.code}`,
    );
  const abort = new AbortController();
  const approved = await codeOf(deploy.with(deciding("approved"))({ version: 1 }));
  const denied = await codeOf(deploy.with(deciding("denied"))({ version: 2 }));
  setTimeout(() => abort.abort(), 50);
  const aborted = await codeOf(deploy.with({ ...deciding(null), signal: abort.signal })({ version: 3 }));
  const [, , state] = states;
  const elsewhere = new Countersign({ url, apiKey, logKey, fetch: stub.fetch }).gate((args) => ran.push(args.version), {
    action: "Deploy",
  });
  setTimeout(() => stub.decide(state.request_id, "approved"), 50);
  const resumed = await codeOf(elsewhere.resume(state, { version: 3 }));
  const changed = await codeOf(deploy.resume(state, { version: 4 }));
  const twice = await codeOf(deploy.resume(state, { version: 3 }));
  // Where a platform keeps nothing, the log's key has to be given.
  const withoutKey = await codeOf(
    Promise.resolve({ url, apiKey }).then((options) => {
      const { client } = new Countersign(options);
      return client === undefined ? "nothing" : "kept";
    }),
  );
  return { approved, denied, aborted, resumed, changed, twice, ran, withoutKey };
}
