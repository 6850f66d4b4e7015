import { z } from "zod";

const kubeObject = z.record(z.string(), z.unknown());

/** `singleuser.networkPolicy`, as in z2jh. What isn't allowed here is refused from the first pod on. */
export const NetworkPolicy = z.strictObject({
  enabled: z.boolean().default(true).describe("Without it, servers reach each other and the cluster's own services."),
  ingress: z
    .array(kubeObject)
    .default([])
    .describe("More rules for connections to servers, as Kubernetes writes them."),
  egress: z.array(kubeObject).default([]).describe("More rules for connections from servers."),
  egressAllowRules: z
    .strictObject({
      cloudMetadataServer: z
        .boolean()
        .default(false)
        .describe("The cloud's metadata server, which can hold credentials."),
      dnsPortsCloudMetadataServer: z.boolean().default(true),
      dnsPortsKubeSystemNamespace: z.boolean().default(true),
      dnsPortsPrivateIPs: z.boolean().default(true),
      nonPrivateIPs: z.boolean().default(true).describe("The internet."),
      privateIPs: z.boolean().default(false).describe("The organisation's own network and other pods."),
    })
    .prefault({}),
  interNamespaceAccessLabels: z.enum(["ignore", "accept"]).default("ignore"),
  allowedIngressPorts: z.array(z.union([z.int(), z.string()])).default([]),
});
export type NetworkPolicy = z.infer<typeof NetworkPolicy>;
