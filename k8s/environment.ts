import type { V1EnvVar } from "@kubernetes/client-node";
import type { PodOrder } from "./pod-shape.ts";
import { secretKey } from "./secret.ts";

/** Where the server's secret is mounted when the app reads it from a file. */
export const secretMountPath = "/var/run/secrets/berth.dev";

/**
 * The main container's environment, each name once. Kubernetes replaces `$(NAME)` in a value by an earlier variable: values
 * the configuration wrote may use that (KubeSpawner sorts for it, and so does this), values Berth adds, such as a user's
 * name, are kept literal (S-43).
 */
export function environmentFor(order: PodOrder): V1EnvVar[] {
  const plain: V1EnvVar[] = Object.entries({ ...imageVariables(order), ...order.environment }).map(([name, value]) => ({
    name,
    value: order.spec.environment[name] === value ? value : value.replaceAll("$", "$$$$"),
  }));
  const variables = new Map(plain.map((variable) => [variable.name, variable]));
  for (const entry of order.spec.pod.environmentFrom) {
    const variable = entry as Partial<V1EnvVar>;
    if (typeof variable.name === "string") variables.set(variable.name, { ...variable, name: variable.name });
  }
  const secret = secretVariableFor(order);
  if (secret !== null) variables.set(secret.name, secret);
  return inOrderOfUse([...variables.values()]);
}

export function readsSecretFromFile(order: PodOrder): boolean {
  return order.spec.app.secretVariable?.endsWith("_FILE") ?? false;
}

function secretVariableFor(order: PodOrder): V1EnvVar | null {
  const name = order.spec.app.secretVariable;
  if (name === null) return null;
  if (readsSecretFromFile(order)) return { name, value: `${secretMountPath}/${secretKey}` };
  return { name, valueFrom: { secretKeyRef: { name: order.secretName, key: secretKey } } };
}

/** KubeSpawner's; programs in images look for them. */
function imageVariables({ spec }: PodOrder): Record<string, string> {
  return { JUPYTER_IMAGE: spec.pod.image, JUPYTER_IMAGE_SPEC: spec.pod.image };
}

/** Those others refer to first, each round by name; what refers in a circle comes last. */
function inOrderOfUse(variables: readonly V1EnvVar[]): V1EnvVar[] {
  const names = new Set(variables.map(({ name }) => name));
  const ordered: V1EnvVar[] = [];
  const placed = new Set<string>();
  let rest = variables.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  while (rest.length > 0) {
    const ready = rest.filter((variable) => referencesOf(variable, names).every((name) => placed.has(name)));
    if (ready.length === 0) return [...ordered, ...rest];
    for (const variable of ready) {
      ordered.push(variable);
      placed.add(variable.name);
    }
    rest = rest.filter(({ name }) => !placed.has(name));
  }
  return ordered;
}

function referencesOf({ name, value }: V1EnvVar, names: ReadonlySet<string>): string[] {
  const references = [...(value ?? "").matchAll(/(?<!\$)\$\(([^)]+)\)/g)].map((match) => match[1] ?? "");
  return references.filter((reference) => reference !== name && names.has(reference));
}
