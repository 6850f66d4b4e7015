import { Metrics } from "./metrics.ts";

const intro = `# Metrics

The hub serves these at \`/hub/metrics\` for Prometheus, beside Node's own figures (\`nodejs_…\`, \`process_…\`). Names that begin with
\`jupyterhub_\` are JupyterHub's, so that its dashboards work. What counts servers and users comes from the database: every hub says the
same. Durations are each hub's own: add them up. No label names a person.

With a token: \`read:metrics\`. [Watching Berth](monitoring.md) has the dashboard, the alerts, and what to do.

| Metric | Kind | Is |
|---|---|---|
`;

/** docs/metrics.md. */
export function metricsReference(): string {
  const metrics = new Metrics();
  const lines = metrics.describe().map(({ name, kind, help, labels }) => {
    const shown = labels.length === 0 ? name : `${name}{${labels.join(", ")}}`;
    return `| \`${shown}\` | ${kind} | ${help} |`;
  });
  metrics.stop();
  return `${intro}${lines.join("\n")}\n`;
}
