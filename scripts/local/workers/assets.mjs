/** Stands in for the platform's assets: what was built, and nothing beside it. Runs in workerd. */

export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    const asset = env.ASSETS.find(({ path }) => path === pathname);
    if (asset === undefined) return new Response(null, { status: 404 });
    if (request.method !== "GET" && request.method !== "HEAD") return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
    const contents = env[pathname];
    const headers = { "content-type": asset.type, "content-length": String(contents.byteLength) };
    return new Response(request.method === "HEAD" ? null : contents, { headers });
  },
};
