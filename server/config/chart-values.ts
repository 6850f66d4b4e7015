import { z } from "zod";
import type { SchemaNode } from "./json-schema.ts";
import { Config } from "./schema.ts";

/**
 * What the Helm chart's values have beyond `berth.yaml`: how the portal's own pods are run. Keys are z2jh's where it has them. Lists and
 * mappings that Kubernetes defines are passed on as they are.
 */
const kubeObject = z.record(z.string(), z.unknown());
const kubeObjects = z.array(kubeObject);
const textMap = z.record(z.string(), z.string());
const replicas = z.int().min(0).max(100);

const Image = z.strictObject({
  name: z.string().min(1),
  tag: z.string(),
  pullPolicy: z.enum(["Always", "IfNotPresent", "Never"]),
});

/** Every pod of the portal's own, the database's too. */
const ownPodKeys = {
  resources: kubeObject.describe("Requests and limits of its container."),
  nodeSelector: textMap,
  tolerations: kubeObjects,
  affinity: kubeObject.describe("Put in the place of the chart's own affinity."),
  extraEnv: z.union([textMap, kubeObjects]).describe("A mapping, or a list as Kubernetes writes it."),
  extraVolumes: kubeObjects,
  extraVolumeMounts: kubeObjects,
  podSecurityContext: kubeObject.describe("Merged over the chart's own."),
  containerSecurityContext: kubeObject.describe("Merged over the chart's own."),
  annotations: textMap,
  labels: textMap,
  priorityClassName: z.string(),
};

/** Every Deployment of the portal has these. */
const podKeys = {
  ...ownPodKeys,
  replicas: replicas.describe("Pods of this role."),
  topologySpreadConstraints: kubeObjects.describe(
    "Put in the place of the chart's own: spread over nodes where possible.",
  ),
  pdb: z.strictObject({ enabled: z.boolean(), maxUnavailable: z.union([z.int(), z.string()]) }),
  networkPolicy: z.strictObject({
    enabled: z.boolean(),
    ingress: kubeObjects.describe("More that may enter."),
    egress: kubeObjects.describe("More it may reach."),
  }),
};

const Hub = z.strictObject({
  ...podKeys,
  maintenance: z
    .boolean()
    .describe("One pod with the hub's settings that serves nobody, to run `berth restore` in (docs/backup.md)."),
  existingSecret: z
    .string()
    .describe("A Secret with signing-key, edge-key, web-key and web-secret in the place of the one the chart makes."),
  serviceAccount: z.strictObject({ create: z.boolean(), name: z.string(), annotations: textMap }),
  db: z.strictObject({
    existingSecret: z.string().describe("A Secret with the database's URL."),
    existingSecretKey: z.string(),
  }),
});

const PublicProxy = z.strictObject({
  service: z.strictObject({
    type: z.enum(["ClusterIP", "NodePort", "LoadBalancer"]),
    annotations: textMap,
    labels: textMap,
    nodePort: z.int().min(1).max(65535).nullable(),
    loadBalancerIP: z.string(),
    loadBalancerSourceRanges: z.array(z.string()),
    externalTrafficPolicy: z.enum(["", "Cluster", "Local"]),
  }),
});

const Own = {
  image: Image.describe("Berth's own image; an empty tag is the chart's version."),
  imagePullSecrets: z.array(z.string()).describe("Secrets of the release's namespace, for Berth's own image."),
  serviceDiscovery: z
    .enum(["environment", "dns"])
    .describe("How edge and web find the hub: addresses Kubernetes puts into every pod (needs no DNS), or names."),
  web: z.strictObject(podKeys),
  ingress: z.strictObject({
    enabled: z.boolean(),
    ingressClassName: z.string(),
    annotations: textMap,
    hosts: z.array(z.string()),
    tls: kubeObjects,
  }),
  gateway: z
    .strictObject({
      enabled: z.boolean(),
      parentRefs: kubeObjects,
      hostnames: z.array(z.string()),
      annotations: textMap,
    })
    .describe("An HTTPRoute of the Gateway API."),
  postgresql: z
    .strictObject({
      enabled: z.boolean(),
      image: Image,
      storage: z.strictObject({ size: z.string(), storageClassName: z.string() }),
      ...ownPodKeys,
    })
    .describe("One PostgreSQL pod with a volume, for trying out. For real use: hub.db."),
  rbac: z.strictObject({ create: z.boolean() }),
  scheduling: z.strictObject({
    corePods: z.strictObject({ tolerations: kubeObjects, nodeAffinity: z.enum(["ignore", "prefer", "require"]) }),
    userPods: z.strictObject({ tolerations: kubeObjects, nodeAffinity: z.enum(["ignore", "prefer", "require"]) }),
    podPriority: z.strictObject({ enabled: z.boolean(), defaultPriority: z.int(), userPlaceholderPriority: z.int() }),
    userPlaceholder: z.strictObject({ enabled: z.boolean(), replicas, resources: kubeObject }),
    schedulerName: z
      .string()
      .describe("Scheduler of users' pods, one that packs them onto few nodes; empty: the cluster's default."),
  }),
  prePuller: z.strictObject({
    hook: z
      .strictObject({
        enabled: z.boolean().describe("Have every image on every node before an installation or upgrade goes on."),
        timeoutSeconds: z.int().min(10).max(86_400).describe("Give the upgrade up when that takes longer."),
      })
      .describe("Needs images with /bin/sh, and a `--timeout` of helm longer than timeoutSeconds."),
    continuous: z.strictObject({ enabled: z.boolean().describe("And on every node that joins.") }),
    extraImages: z.record(z.string(), z.string()).describe("More images to have on every node: a name and an image."),
    resources: kubeObject,
    nodeSelector: textMap,
    tolerations: kubeObjects,
  }),
  monitoring: z.strictObject({
    serviceMonitor: z
      .strictObject({
        enabled: z.boolean(),
        labels: textMap.describe("Those your Prometheus looks for."),
        interval: z.string(),
        tokenSecret: z
          .strictObject({ name: z.string(), key: z.string() })
          .describe("A Secret with a token of scope read:metrics."),
      })
      .describe("Prometheus Operator: where the hub's metrics are."),
    prometheusRule: z
      .strictObject({ enabled: z.boolean(), labels: textMap })
      .describe("Prometheus Operator: Berth's alert rules."),
    dashboard: z
      .strictObject({ enabled: z.boolean(), labels: textMap })
      .describe("Berth's dashboard, for Grafana's sidecar."),
  }),
  global: z.record(z.string(), z.unknown()).describe("For charts that contain this one; Berth ignores it."),
};

/** Said by the chart itself, so that a value can't contradict the objects around it. */
const computed: Readonly<Record<string, readonly string[]>> = {
  hub: ["apiListen", "connectUrl", "apiConnectUrl", "signingKeyFile", "verifyKeyFile", "internal"],
  proxy: ["listen", "webConnectUrl"],
  spawner: ["type", "jupyter", "connect"],
};

/** The chart's values.schema.json: closed at every level, from the one schema of `berth.yaml` and the keys above. */
export function chartValuesSchema(): Record<string, unknown> {
  const options = { io: "input", unrepresentable: "any", target: "draft-7" } as const;
  const config = z.toJSONSchema(Config, options) as SchemaNode;
  const own = z.toJSONSchema(
    z.strictObject({ ...Own, hub: Hub, proxy: PublicProxy, edge: z.strictObject(podKeys) }),
    options,
  );
  const sections = Object.entries(config.properties ?? {}).map(([name, node]) => [name, without(node, computed[name])]);
  const merged = merge({ ...config, properties: Object.fromEntries(sections) }, optional(own as SchemaNode));
  return { ...merged, $schema: "http://json-schema.org/draft-07/schema#", title: "Values of the Berth chart" };
}

function without(node: SchemaNode, keys: readonly string[] = []): SchemaNode {
  const properties = Object.entries(node.properties ?? {}).filter(([key]) => !keys.includes(key));
  return { ...node, properties: Object.fromEntries(properties) };
}

/** The chart has defaults for all of its own keys. */
function optional(node: SchemaNode): SchemaNode {
  const { required: _, ...rest } = node;
  if (rest.properties === undefined) return rest;
  const properties = Object.entries(rest.properties).map(([key, child]) => [key, optional(child)] as const);
  return { ...rest, properties: Object.fromEntries(properties) };
}

function merge(a: SchemaNode, b: SchemaNode): SchemaNode {
  const properties: Record<string, SchemaNode> = { ...a.properties };
  for (const [key, node] of Object.entries(b.properties ?? {})) {
    const known = properties[key];
    properties[key] = known?.properties !== undefined && node.properties !== undefined ? merge(known, node) : node;
  }
  return { ...a, properties };
}
