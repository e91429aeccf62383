/** The ports of connectors, made of this Worker's bindings. */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import { connectorObjectOf } from "#config/object-places.ts";
import type { ConnectorPorts } from "#http/ports.ts";
import { connectorById, connectorOfKey, standingConnectors } from "#storage/connectors/connectors.ts";
import { peoplePorts } from "../people-ports.ts";

export async function connectorPorts(env: Bindings, config: Config): Promise<ConnectorPorts> {
  const { DB } = env;
  const objectOf = (id: string) => {
    const object = connectorObjectOf(env, id);
    if (object === null) throw new Error("a connector is asked for in a deployment without");
    return object;
  };
  return {
    ...(await peoplePorts(env, config)),
    standingConnectors: () => standingConnectors(DB),
    connectorById: (id) => connectorById(DB, id),
    connectorOfKey: (keyHash) => connectorOfKey(DB, keyHash),
    // Where there is no object there is no line.
    closeLine: async (id) => connectorObjectOf(env, id)?.revoke(),
    lines:
      env.CONNECTOR === undefined
        ? null
        : {
            state: (id) => objectOf(id).state(),
            async open(id) {
              const { status, webSocket } = await objectOf(id).fetch(`https://connector/${id}`, { headers: { upgrade: "websocket" } });
              return webSocket ?? (status === 429 ? "too-often" : "revoked");
            },
          },
  };
}
