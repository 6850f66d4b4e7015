import type { HealthCheck } from "#server/spawner/spawner.ts";
import type { Callers } from "./callers.ts";

/** Whether edge and web are there, and of the hub's own version. */
export function callersChecks({ edges, web }: Pick<Callers, "edges" | "web">, own: string): HealthCheck[] {
  return [edgesJudged(edges, own), webJudged(web, own)];
}

const fix = (deployment: string) =>
  `During an upgrade this passes by itself. If it stays: kubectl rollout status deployment/${deployment}`;

function edgesJudged(edges: readonly string[], own: string): HealthCheck {
  const name = "edges";
  // Of several hubs one may well have none: which hub an edge follows is chance.
  if (edges.length === 0)
    return {
      name,
      ok: true,
      message: "None takes its routes from this hub. If no other hub has one, nobody can reach a server.",
      fix: null,
    };
  const count = edges.length === 1 ? "1 takes its routes" : `${edges.length} take their routes`;
  const others = [...new Set(edges.filter((version) => version !== own))];
  if (others.length === 0)
    return { name, ok: true, message: `${count} from this hub, of its version (${own}).`, fix: null };
  const message = `${count} from this hub (version ${own}); of another version: ${others.join(", ")}.`;
  return { name, ok: false, message, fix: fix("edge") };
}

function webJudged(web: Callers["web"], own: string): HealthCheck {
  const name = "web";
  if (web === null)
    return { name, ok: true, message: "No web process has asked this hub since it started.", fix: null };
  const at = `Last asked this hub at ${web.at.toISOString()}`;
  if (web.version === own) return { name, ok: true, message: `${at}, of its version (${own}).`, fix: null };
  const message = `${at}, of version ${web.version}; the hub is ${own}.`;
  return { name, ok: false, message, fix: fix("web") };
}
