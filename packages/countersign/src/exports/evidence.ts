/** `countersign/evidence`: evidence bundles, checked offline. Apart from receipts: who checks those needs none of it. */
export type { BundleFiles } from "../evidence/bundle-files.ts";
export { BUNDLE_CHECKS, type BundleFailure, type BundleVerdict } from "../evidence/bundle-verdict.ts";
export { type BundleTrust, verifyBundle } from "../evidence/verify-bundle.ts";
export { readZip } from "../evidence/zip-files.ts";
export type { Result } from "../result.ts";
