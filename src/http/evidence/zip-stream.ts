/** One zip file out of the pieces of its files, made while it is read: the same pieces give the same bytes. */
import { Zip, ZipDeflate } from "fflate";

interface Piece {
  name: string;
  bytes: Uint8Array;
}

/** The earliest day that every time zone has in a zip: when files were made, the manifest says. */
const NO_TIME = new Date("1980-01-02T00:00:00Z");
const NOTHING = new Uint8Array(0);

/**
 * Files begin with the first piece of their name, and end with the first of another. If the pieces end in an error so does the stream,
 * without the directory that a zip ends with: what was read of it is no zip file. `onError` is told first.
 */
export function zipStream(pieces: AsyncGenerator<Piece>, onError: (error: unknown) => void): ReadableStream<Uint8Array> {
  let made: Uint8Array[] = [];
  const zip = new Zip((error, bytes) => {
    if (error) throw error;
    if (bytes.length > 0) made.push(bytes);
  });
  let open: { name: string; file: ZipDeflate } | null = null;
  const close = (): void => {
    open?.file.push(NOTHING, true);
    open = null;
  };
  const add = ({ name, bytes }: Piece): void => {
    if (open?.name !== name) {
      close();
      const file = new ZipDeflate(name, { level: 6 });
      file.mtime = NO_TIME;
      zip.add(file);
      open = { name, file };
    }
    if (bytes.length > 0) open.file.push(bytes);
  };
  return new ReadableStream({
    async pull(controller) {
      try {
        while (made.length === 0) {
          const next = await pieces.next();
          if (next.done === true) {
            close();
            zip.end();
            for (const bytes of made) controller.enqueue(bytes);
            controller.close();
            return;
          }
          add(next.value);
        }
        for (const bytes of made) controller.enqueue(bytes);
        made = [];
      } catch (error) {
        onError(error);
        throw error;
      }
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
}
