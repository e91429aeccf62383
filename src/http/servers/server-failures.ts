/** What admins are told of refusals around servers and their tools. */
import type { AcceptRefusal, ToolsDraftRefusal } from "#gate/servers/accept-tools.ts";
import type { ServerDraftRefusal } from "#gate/servers/draft-server.ts";
import type { SignServerRefusal } from "#gate/servers/sign-server.ts";
import { SIGNATURE_ANSWERS } from "#http/signatures/signature-failures.ts";
import { fieldFailure, publicAnswers } from "#rules/failure.ts";

type ServerRoutesRefusal = ServerDraftRefusal | SignServerRefusal | ToolsDraftRefusal | AcceptRefusal;

export const serverFailure = publicAnswers<ServerRoutesRefusal>({
  ...SIGNATURE_ANSWERS,
  "settings-not-good": ({ field, message }) => fieldFailure(field, message),
  "no-vault": fieldFailure("credential", "cannot be kept: this deployment has no VAULT_SECRET, which its operator can set"),
  "name-of-another-server": fieldFailure("name", "a server has this name already"),
  "too-many-servers": fieldFailure("name", "there are as many servers as there can be: remove one first"),
  "unknown-server": { code: "unknown_server", message: "There is no such server." },
  "no-credential-wanted": fieldFailure("credential", "is none that this server has: change its authentication first"),
  "not-drafted": {
    code: "server_changed",
    message: "What was signed is not there any more: it was taken back, or too long ago. Nothing was made. Begin again.",
  },
  "server-changed-meanwhile": {
    code: "server_changed",
    message: "Nothing was made: the server was changed or removed in the meantime. Look at it again.",
  },
  "tools-accepted-meanwhile": {
    code: "tools_changed",
    message: "Nothing was made: tools of this server were accepted in the meantime. Look at them again.",
  },
  "tools-changed-meanwhile": {
    code: "tools_changed",
    message: "Nothing was made: the server lists something otherwise now than it was shown. Look at its tools again.",
  },
  "too-many-tools": fieldFailure("tools", "are more than can be accepted of one server"),
  "name-reserved": ({ name }) => ({
    code: "name_reserved",
    message: `“${name}” cannot be accepted: the gate itself answers under this name.`,
  }),
  "not-acceptable": ({ name, message }) => fieldFailure("tools", `“${name}” cannot be accepted: ${message}`),
});
