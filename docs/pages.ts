import { readFileSync } from "node:fs";
import path from "node:path";
import { cliReference } from "#server/cli/reference.ts";
import { chartValuesSchema } from "#server/config/chart-values.ts";
import { configReference } from "#server/config/reference.ts";
import { metricsReference } from "#server/metrics-reference.ts";
import { restReference } from "#server/rest/reference.ts";

const chart = "../k8s/chart";
const rbac = path.resolve(import.meta.dirname, "../k8s/rbac");

/** Page by file name, as it has to be in docs/; and what the chart is given, because Helm reads no file outside a chart's folder. */
export function generatedPages(): Readonly<Record<string, string>> {
  const roles = ["role.yaml", "cluster-role.yaml", "cluster-role-servers.yaml"];
  return {
    "configuration.md": configReference(),
    "cli.md": cliReference(),
    "rest-api.md": restReference(),
    "metrics.md": metricsReference(),
    [`${chart}/values.schema.json`]: `${JSON.stringify(chartValuesSchema(), null, 1)}\n`,
    ...Object.fromEntries(roles.map((name) => [`${chart}/rbac/${name}`, readFileSync(path.join(rbac, name), "utf8")])),
  };
}
