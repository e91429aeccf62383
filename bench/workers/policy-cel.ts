/** The same conditions by another library of CEL, one after the other until one holds: nothing else of a policy. */
import { type CelResult, celEnv, mapType, CelScalar, parse, plan } from "@bufbuild/cel";
import { ARGS, asked, conditions, type Deciding, RULES } from "./policy-rules.ts";

const environment = celEnv({ variables: { args: mapType(CelScalar.STRING, CelScalar.DYN) } });

type Planned = (bindings: { args: Map<string, string | number> }) => CelResult;
const planned = (deciding: Deciding): Planned[] => conditions(deciding).map((source) => plan(environment, parse(source)) as Planned);

export default {
  fetch(request: Request): Response {
    const { runs, deciding, what } = asked(request);
    if (what === "compile") {
      for (let run = 0; run < runs; run++) planned(deciding);
      return new Response("done");
    }
    const [all, bindings] = [planned(deciding), { args: new Map<string, string | number>(Object.entries(ARGS)) }];
    for (let run = 0; run < runs; run++) {
      const matched = all.findIndex((condition) => condition(bindings) === true);
      if (matched !== RULES - 1) throw new Error(`rule ${matched} matched`);
    }
    return new Response("done");
  },
};
