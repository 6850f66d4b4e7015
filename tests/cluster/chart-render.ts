import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { partFile } from "./build.ts";

const chart = path.resolve(import.meta.dirname, "../../k8s/chart");

const Container = z.looseObject({
  name: z.string(),
  image: z.string(),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).default([]),
  resources: z
    .looseObject({ requests: z.looseObject({}).optional(), limits: z.looseObject({}).optional() })
    .default({}),
  securityContext: z.looseObject({}).default({}),
  readinessProbe: z.unknown().optional(),
  livenessProbe: z.unknown().optional(),
});
const PodSpec = z.looseObject({
  containers: z.array(Container),
  initContainers: z.array(Container).default([]),
  volumes: z.array(z.looseObject({ name: z.string() })).default([]),
  securityContext: z.looseObject({}).default({}),
  serviceAccountName: z.string().optional(),
  automountServiceAccountToken: z.boolean().optional(),
});
export type PodSpec = z.infer<typeof PodSpec>;

const Rendered = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), labels: z.record(z.string(), z.string()).optional() }),
  stringData: z.record(z.string(), z.string()).optional(),
  rules: z.array(z.unknown()).optional(),
  spec: z.looseObject({ template: z.looseObject({ spec: z.unknown().optional() }).optional() }).optional(),
});
export type Rendered = z.infer<typeof Rendered>;

export const samples = readdirSync(path.join(chart, "samples")).filter((name) => name.endsWith(".yaml"));
export const sampleFile = (name: string) => path.join(chart, "samples", name);

const asked = (args: readonly string[], kubeVersion: string) => [
  ...["template", "berth", chart, "--namespace", "berth", "--kube-version", kubeVersion],
  ...args,
];

/** Many tests look at the same samples. */
const texts = new Map<string, string>();

/** What the chart makes of these values, as YAML. */
export function renderedText(args: readonly string[], kubeVersion = "1.34.0"): string {
  const words = asked(args, kubeVersion);
  const key = words.join(" ");
  const text = texts.get(key) ?? execFileSync(partFile("helm"), words, { encoding: "utf8", maxBuffer: 32 * 1024 ** 2 });
  texts.set(key, text);
  return text;
}

/** Every object the chart makes of these values. */
export function render(args: readonly string[], kubeVersion = "1.34.0"): Rendered[] {
  return parseAllDocuments(renderedText(args, kubeVersion))
    .map((document) => document.toJS() as unknown)
    .filter((object) => object !== null)
    .map((object) => Rendered.parse(object));
}

/** What helm says when it refuses these values. */
export function refusal(args: readonly string[]): string {
  const { status, stderr } = spawnSync(partFile("helm"), asked(args, "1.34.0"), { encoding: "utf8" });
  if (status === 0) throw new Error(`helm took ${args.join(" ")}`);
  return stderr;
}

/** The pods that an object makes, with a name for messages. */
export function podsOf(objects: readonly Rendered[]): { readonly of: string; readonly spec: PodSpec }[] {
  return objects.flatMap(({ kind, metadata, spec }) =>
    spec?.template === undefined ? [] : [{ of: `${kind}/${metadata.name}`, spec: PodSpec.parse(spec.template.spec) }],
  );
}
