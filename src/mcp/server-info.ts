import { version } from "../../package.json";

/** Who answers: what a server says of itself, and in the current protocol every answer. */
export const SERVER_INFO = { name: "countersign", title: "Countersign", version } as const;
