import { z } from "zod";
import { AppConfig } from "#server/profiles/app-config.ts";
import { ProfileList } from "#server/profiles/profile-list.ts";
import { parseCpuMillicores, parseMemoryBytes } from "#server/profiles/quantity.ts";
import {
  commandWords,
  cpuAmount,
  environmentValues,
  identity,
  kubeObjects,
  memoryAmount,
  pullSecrets,
  seconds,
} from "#server/profiles/traits.ts";
import { ExtraFiles } from "./extra-files.ts";
import { NetworkPolicy } from "./network-policy.ts";
import { Storage, templated } from "./storage.ts";

/** `singleuser`: what every server gets unless its profile says otherwise. Keys are z2jh's. */

const kubeObject = z.record(z.string(), z.unknown());
const textMap = z.record(z.string(), z.string());
const quantities = z.record(z.string(), z.union([z.string(), z.int()]));
const refused = (reason: string) => z.never({ error: reason }).optional();

const Image = z.strictObject({
  name: z.string().min(1).default("quay.io/jupyter/minimal-notebook").describe("Image of a server, without its tag."),
  tag: z
    .string()
    .min(1)
    .default("2025-06-23")
    .describe("Tag of the image. A fixed one: with `latest`, servers differ from node to node."),
  pullPolicy: z.enum(["Always", "IfNotPresent", "Never"]).default("IfNotPresent"),
  pullSecrets: pullSecrets.default([]).describe("Names of secrets with credentials for the image's registry."),
});

const Cpu = z
  .strictObject({
    limit: cpuAmount.default(1).describe("CPUs a server may use at most. A server always has a limit."),
    guarantee: cpuAmount.default(0.1).describe("CPUs kept free for a server; at most the limit."),
  })
  .refine(
    ({ limit, guarantee }) =>
      (parseCpuMillicores(guarantee) ?? 0) <= (parseCpuMillicores(limit) ?? Number.POSITIVE_INFINITY),
    {
      path: ["guarantee"],
      error: "The CPU guarantee is larger than the limit. Lower “guarantee” or raise “limit”.",
    },
  );

const Memory = z
  .strictObject({
    limit: memoryAmount
      .default("2G")
      .describe("Memory a server may use at most; beyond it, it is stopped. A server always has a limit."),
    guarantee: memoryAmount.default("512M").describe("Memory kept free for a server; at most the limit."),
  })
  .refine(
    ({ limit, guarantee }) =>
      (parseMemoryBytes(guarantee) ?? 0) <= (parseMemoryBytes(limit) ?? Number.POSITIVE_INFINITY),
    {
      path: ["guarantee"],
      error: "The memory guarantee is larger than the limit. Lower “guarantee” or raise “limit”.",
    },
  );

const Affinity = z.strictObject({ required: kubeObjects.default([]), preferred: kubeObjects.default([]) }).prefault({});

export const Singleuser = z.strictObject({
  app: AppConfig.default("jupyterlab").describe(
    "What runs in a server: a preset (`jupyterlab`, `code-server`, `rstudio`) or an app said in full.",
  ),
  image: Image.prefault({}),
  cpu: Cpu.prefault({}),
  memory: Memory.prefault({}),
  processLimit: z
    .int()
    .min(32)
    .max(1_000_000)
    .default(4096)
    .describe("Processes and threads a server may have, where Berth can limit them (`local`)."),
  extraResource: z
    .strictObject({ limits: quantities.default({}), guarantees: quantities.default({}) })
    .prefault({})
    .describe("Other resources, such as `nvidia.com/gpu: 1`."),
  storage: Storage.prefault({}),
  cmd: commandWords
    .nullable()
    .optional()
    .describe("Command of a server made for JupyterHub; `null` runs the image's own. Default: the app's."),
  defaultUrl: templated(z.string().max(512))
    .optional()
    .describe("Page opened first, such as `/lab`. Default: the app's."),
  startTimeout: seconds
    .default(300)
    .describe("Seconds a start may take, pulling the image and waiting for a machine included."),
  httpTimeout: seconds.default(60).describe("Seconds between the server running and its first answer."),
  shutdownOnLogout: z
    .boolean()
    .optional()
    .describe("Stop the server when its user logs out. Default: `hub.shutdownOnLogout`."),
  deleteGraceSeconds: z
    .int()
    .min(0)
    .max(3600)
    .default(10)
    .describe("Seconds a server has to end by itself when it is stopped."),
  extraEnv: templated(environmentValues).default({}).describe("Environment variables of servers."),
  uid: identity.nullable().default(1000).describe("User id servers run as; null takes the image's."),
  fsGid: identity.nullable().default(100).describe("Group that owns the home's files."),
  allowPrivilegeEscalation: z.boolean().default(false),
  serviceAccountName: templated(z.string().min(1))
    .nullable()
    .default(null)
    .describe("Service account of servers. Default: the namespace's own, without a token."),
  nodeSelector: textMap.default({}),
  extraTolerations: kubeObjects.default([]),
  extraNodeAffinity: Affinity,
  extraPodAffinity: Affinity,
  extraPodAntiAffinity: Affinity,
  extraLabels: templated(textMap).default({}),
  extraAnnotations: templated(textMap).default({}),
  extraPodConfig: templated(kubeObject).default({}).describe("Put over the pod's spec, as Kubernetes writes it."),
  initContainers: templated(kubeObjects).default([]),
  extraContainers: templated(kubeObjects).default([]),
  lifecycleHooks: kubeObject.default({}),
  extraFiles: ExtraFiles.default({}).describe(
    "Files that every server finds in place, by a name of your choice. In a cluster only; not in the home's volume but over it.",
  ),
  networkPolicy: NetworkPolicy.prefault({}),
  cloudMetadata: z
    .strictObject({
      blockWithIptables: z
        .literal(false, {
          error:
            "Berth blocks the cloud's metadata server by network policy, never by a privileged container. Remove this line.",
        })
        .default(false),
      ip: z.ipv4().default("169.254.169.254").describe("Address of the cloud's metadata server."),
    })
    .prefault({}),
  profileList: ProfileList.optional().describe(
    "Profiles to choose from, as in z2jh. Default: one, made from the settings above.",
  ),
  podNameTemplate: refused(
    "“podNameTemplate” can't be set: pod names are fixed, so that two hubs never start one server twice.",
  ),
  imagePullSecret: refused(
    "“imagePullSecret” can't be set: Berth makes no secrets. Name an existing one in “singleuser.image.pullSecrets”.",
  ),
  networkTools: refused(
    "“networkTools” can't be set: Berth blocks addresses by network policy and needs no image for it.",
  ),
  events: z.literal(true, { error: "Events are always watched while a server starts. Remove this line." }).optional(),
});
export type Singleuser = z.infer<typeof Singleuser>;
