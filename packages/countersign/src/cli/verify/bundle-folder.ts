/** A bundle on disk: a zip file, or the folder that it was unpacked to. */
import { createReadStream, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type BundleFiles, isBundleName } from "../../evidence/bundle-files.ts";
import { MAX_BUNDLE_FILES } from "../../evidence/bundle-format.ts";
import { readZip } from "../../evidence/zip-files.ts";
import { accept, refuse, type Result } from "../../result.ts";
import { fileTrouble } from "../command.ts";
import { readFileAtMost } from "../files/read-file-at-most.ts";

/** Of a zip file, which is read as a whole. */
const MAX_ZIP_BYTES = 512 * 1024 * 1024;
/** Of all files of one, unpacked; each is read by itself. */
const MAX_UNPACKED_BYTES = 2 * 1024 * 1024 * 1024;

/** `unusable`: there is nothing to read. Otherwise it can be read, and is no bundle. */
type Unread = { unusable: true; message: string } | { unusable: false; message: string };

/** The files of the bundle at a path; what is a link, or anything else than a file, is none. */
export async function openBundle(path: string): Promise<Result<BundleFiles, Unread>> {
  try {
    if (lstatSync(path).isDirectory()) {
      const files = folderFiles(path);
      return files.ok ? files : refuse({ unusable: false, message: files.refusal });
    }
    const zip = await readFileAtMost(path, MAX_ZIP_BYTES);
    if (zip === null)
      return refuse({ unusable: false, message: `It is larger than ${MAX_ZIP_BYTES} bytes: unpack it, and name the folder.` });
    const files = readZip(new Uint8Array(zip), MAX_UNPACKED_BYTES);
    return files.ok ? files : refuse({ unusable: false, message: files.refusal });
  } catch (error) {
    return refuse({ unusable: true, message: `cannot read ${path}: ${fileTrouble(error)}` });
  }
}

function folderFiles(folder: string): Result<BundleFiles, string> {
  const names: string[] = [];
  const kept = { withFileTypes: true } as const;
  for (const entry of readdirSync(folder, kept)) {
    const inside = entry.isDirectory() ? readdirSync(join(folder, entry.name), kept) : [entry];
    for (const one of inside) {
      const name = one === entry ? one.name : `${entry.name}/${one.name}`;
      if (!one.isFile() || !isBundleName(name)) return refuse(`There is something in it that no bundle has: ${name}.`);
      names.push(name);
    }
    if (names.length > MAX_BUNDLE_FILES) return refuse(`It has more than ${MAX_BUNDLE_FILES} files.`);
  }
  return accept({ names, read: (name) => createReadStream(join(folder, name)) as AsyncIterable<Uint8Array> });
}
