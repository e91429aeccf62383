/** The buttons that copy what stands in a document. */
import { bindCopy } from "#pages/kit/browser/copy.ts";

bindCopy();
