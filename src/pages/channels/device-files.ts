/** What a device keeps of the pages: the built service worker, and the manifest that puts them on a home screen. */
import built from "#dist/assets.json" with { type: "json" };

/** The path of the service worker as it was built; browsers get it as `/sw.js`. */
export const SERVICE_WORKER: string = built["sw.js"];

/** Of the web app manifest: names, colours and icons, nothing of anybody. */
export const webManifest = {
  id: "/",
  name: "Countersign",
  short_name: "Countersign",
  start_url: "/",
  scope: "/",
  display: "standalone",
  background_color: "#f6f8f7",
  theme_color: "#f6f8f7",
  icons: [
    { src: built["icon-192.png"], sizes: "192x192", type: "image/png", purpose: "any" },
    { src: built["icon-512.png"], sizes: "512x512", type: "image/png", purpose: "any" },
    { src: built["icon-maskable-512.png"], sizes: "512x512", type: "image/png", purpose: "maskable" },
  ],
};
