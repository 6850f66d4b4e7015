import { z } from "zod";

/** As Kubernetes writes them. A key it doesn't know it drops, and a rule without its sources is open to everybody: so none is let through. */
const LabelSelector = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z
    .array(z.strictObject({ key: z.string(), operator: z.string(), values: z.array(z.string()).optional() }))
    .optional(),
});
const peers = z
  .array(
    z.strictObject({
      podSelector: LabelSelector.optional(),
      namespaceSelector: LabelSelector.optional(),
      ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()).optional() }).optional(),
    }),
  )
  .min(1, { error: "An empty list means everybody to Kubernetes. Name somebody, or remove the key if you mean that." });
const ports = z.array(
  z.strictObject({
    protocol: z.enum(["TCP", "UDP", "SCTP"]).optional(),
    port: z.union([z.int(), z.string()]).optional(),
    endPort: z.int().optional(),
  }),
);
const IngressRule = z.strictObject({ from: peers.optional(), ports: ports.optional() });
const EgressRule = z.strictObject({ to: peers.optional(), ports: ports.optional() });

/** `singleuser.networkPolicy`, as in z2jh. What isn't allowed here is refused from the first pod on. */
export const NetworkPolicy = z.strictObject({
  enabled: z.boolean().default(true).describe("Without it, servers reach each other and the cluster's own services."),
  ingress: z
    .array(IngressRule)
    .default([])
    .describe("More rules for connections to servers, as Kubernetes writes them."),
  egress: z.array(EgressRule).default([]).describe("More rules for connections from servers."),
  egressAllowRules: z
    .strictObject({
      cloudMetadataServer: z
        .boolean()
        .default(false)
        .describe("The cloud's metadata server, which can hold credentials."),
      dnsPortsCloudMetadataServer: z
        .boolean()
        .default(true)
        .describe("Port 53 of it alone: some clouds' resolver has that address."),
      dnsPortsKubeSystemNamespace: z.boolean().default(true).describe("Port 53 of the cluster's own resolver."),
      dnsPortsPrivateIPs: z.boolean().default(true).describe("Port 53 of every private address."),
      nonPrivateIPs: z.boolean().default(true).describe("The internet."),
      privateIPs: z.boolean().default(false).describe("The organisation's own network and other pods."),
    })
    .prefault({}),
  interNamespaceAccessLabels: z
    .enum(["ignore", "accept"])
    .default("ignore")
    .describe(
      '`accept`: pods of any namespace labelled `hub.jupyter.org/network-access-singleuser: "true"` may enter.',
    ),
  allowedIngressPorts: z
    .array(z.union([z.int(), z.string()]))
    .default([])
    .describe("Ports of servers that are open to everybody."),
});
export type NetworkPolicy = z.infer<typeof NetworkPolicy>;
