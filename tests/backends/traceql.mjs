// Says of each TraceQL query on stdin, a JSON list, whether Grafana's own parser takes it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { parser } = createRequire(`${process.argv[2]}/`)("@grafana/lezer-traceql");

function isWhole(query) {
  let whole = true;
  parser.parse(query).iterate({ enter: (node) => { whole &&= !node.type.isError; } });
  return whole;
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf-8")).map(isWhole)));
