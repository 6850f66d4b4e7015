import { z } from "zod";
import { Cull } from "./cull.ts";
import { Groups } from "./groups.ts";
import { LoadRoles } from "./load-roles.ts";
import { Portal } from "./portal.ts";
import { Singleuser } from "./singleuser.ts";

/**
 * The one schema of `berth.yaml`. Keys are z2jh's where z2jh has the key. Types, defaults, bounds and the sentences of
 * the reference page live here; the JSON Schema and the chart's values.schema.json are made from it.
 */

/** A secret from the file, or from the file named by the same key with `File` behind it. Prints as `[redacted]`. */
const secret = () => z.string().min(1).meta({ secret: true });

const Hub = z.strictObject({
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("The address people open. Decides every absolute URL. Default: the address Berth listens on."),
  allowInsecure: z
    .boolean()
    .default(false)
    .describe(
      "Allow plain http on an address other machines can reach. Passwords and cookies then travel unprotected.",
    ),
  db: z
    .strictObject({ url: secret().optional(), urlFile: z.string().optional() })
    .prefault({})
    .describe("PostgreSQL. Without a URL Berth brings and runs its own."),
  allowNamedServers: z.boolean().default(true).describe("Let users have more than one server."),
  namedServerLimitPerUser: z
    .int()
    .min(0)
    .max(1000)
    .default(5)
    .describe("Named servers a user may have; 0 means as many as they like."),
  activeServerLimit: z
    .int()
    .min(0)
    .default(0)
    .describe("Servers that may run at once, all users together; 0 means no limit."),
  concurrentSpawnLimit: z
    .int()
    .min(1)
    .max(2000)
    .default(64)
    .describe("Starts worked on at once; more wait in a queue with a visible position."),
  shutdownOnLogout: z
    .boolean()
    .default(false)
    .describe("Stop a user's servers when they log out. A profile may say otherwise."),
  sessionSeconds: z
    .int()
    .min(300)
    .max(90 * 86400)
    .default(14 * 86400)
    .describe("How long a login lasts, in seconds."),
  trustedUsers: z
    .boolean()
    .default(false)
    .describe(
      "All users trust each other. Allows what is only safe then (several users without root; opening another's server without subdomains). Shown on every page.",
    ),
  subdomainHost: z
    .string()
    .regex(/^[a-z0-9.-]+(:\d+)?$/)
    .optional()
    .describe("Domain under which every user gets an origin of their own: users.example.org. Recommended."),
  shutdownGraceSeconds: z
    .int()
    .min(1)
    .max(600)
    .default(20)
    .describe("How long a hub waits for work in hand when it ends."),
  loadRoles: LoadRoles.describe(
    "Roles beyond user, group manager and admin, as in z2jh: what they allow and who holds them.",
  ),
  signingKeyFile: z
    .string()
    .optional()
    .describe(
      "Ed25519 private key (PEM) that signs sessions. Default: one made at the first start and kept in the home.",
    ),
  verifyKeyFile: z
    .string()
    .optional()
    .describe(
      "Public half of the signing key (PEM), for an edge or a web on another machine. Default: found in the home, else asked of the hub.",
    ),
  internal: z
    .strictObject({
      listen: z
        .string()
        .optional()
        .describe(
          "host:port of the internal listener for edge and web on other machines. Default: Unix sockets in the home only.",
        ),
      apiListen: z
        .string()
        .optional()
        .describe(
          "host:port of an API listener for edge and web on other machines; with hub.internal.tls it speaks https, which servers (pods) needn't know. Default: they use hub.apiListen.",
        ),
      tls: z
        .strictObject({
          certFile: z.string().describe("Certificate (PEM), with those that lead to its authority behind it."),
          keyFile: z.string().describe("Its private key (PEM)."),
        })
        .optional()
        .describe(
          "The internal listeners (hub.internal.listen and apiListen) speak https. Edge and web reach them by https:// in hub.connectUrl and hub.apiConnectUrl.",
        ),
      edgeKey: secret().optional(),
      edgeKeyFile: z.string().optional(),
      webKey: secret().optional(),
      webKeyFile: z.string().optional(),
    })
    .prefault({}),
  apiListen: z
    .string()
    .optional()
    .describe(
      "host:port of the API listener that servers (pods) and the edge reach. Default: a Unix socket in the home, plus a loopback port when servers need one.",
    ),
  apiUrl: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ""))
    .optional()
    .describe(
      "Where servers with a login of their own (`auth: hub`) find hub.apiListen: http://10.96.0.20:8081/hub/api. Default: on one machine a loopback port; in a cluster the service `berth-hub` or `hub` of the hub's namespace.",
    ),
  connectUrl: z
    .string()
    .optional()
    .describe("Where an edge or a web on another machine finds the hub's internal listener: https://hub:8444."),
  apiConnectUrl: z
    .string()
    .optional()
    .describe("Where an edge or a web on another machine finds the hub's API listener: https://hub:8445."),
  caFile: z
    .string()
    .optional()
    .describe(
      "CA certificates (PEM) that edge and web check the hub's by, where its addresses begin with https://. Default: the authorities Node knows.",
    ),
});

const PublicProxy = z.strictObject({
  listen: z.string().default("127.0.0.1:8000").describe("host:port the portal listens on."),
  trustedProxies: z
    .array(z.string().regex(/^[0-9a-fA-F:.]+(\/\d{1,3})?$/))
    .default([])
    .describe("Addresses (CIDR) of the load balancers whose X-Forwarded-* are believed. 0.0.0.0/0 is refused."),
  webConnectUrl: z.string().optional().describe("Where the edge finds the web role on another machine."),
});

const Edge = z.strictObject({
  offlineSeconds: z
    .int()
    .min(10)
    .max(86400)
    .default(600)
    .describe("How long the edge goes on with what it knows when no hub answers, in seconds."),
  staleRoutes: z
    .enum(["serve", "refuse"])
    .default("serve")
    .describe(
      "New requests to servers while nobody can vouch for the routes: the hub has lost sight of what runs (the Kubernetes API, every hub or the database doesn't answer). `refuse` answers them with 503; what is open goes on either way.",
    ),
  drainSeconds: z
    .int()
    .min(0)
    .max(86400)
    .default(0)
    .describe(
      "How long an edge of its own (`--role edge`) that is told to end (SIGTERM) leaves open WebSockets be; then it tells browsers to come back, and they reach another edge.",
    ),
  connectTimeoutSeconds: z.int().min(1).max(60).default(5),
  idleTimeoutSeconds: z
    .int()
    .min(10)
    .max(86400)
    .default(600)
    .describe("A plain HTTP request without a byte in either direction ends after this many seconds."),
});

const OidcProvider = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/),
  displayName: z.string().min(1),
  issuer: z.url(),
  clientId: z.string().min(1),
  clientSecret: secret().optional(),
  clientSecretFile: z.string().optional(),
  scope: z.array(z.string()).default(["openid", "profile", "email"]),
  usernameClaim: z.string().default("preferred_username"),
  groupsClaim: z.string().optional().describe("Claim with the list of the user's groups."),
  refreshGroupsSeconds: z
    .int()
    .min(0)
    .max(7 * 86_400)
    .default(3600)
    .describe(
      "How often the groups are asked for between logins, and before a server starts; 0: at the login only. Takes a refresh token: many providers give one only with the scope `offline_access`, and end it after a time without use.",
    ),
  allowAll: z.boolean().default(false).describe("Everybody the provider vouches for may log in."),
  allowedUsers: z.array(z.string()).min(1).optional(),
  allowedGroups: z.array(z.string()).min(1).optional(),
  adminUsers: z.array(z.string()).min(1).optional(),
  adminGroups: z.array(z.string()).min(1).optional(),
  allowedEmailDomains: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("Only verified addresses of exactly these domains."),
});

const GithubProvider = z.strictObject({
  displayName: z.string().default("GitHub"),
  clientId: z.string().min(1),
  clientSecret: secret().optional(),
  clientSecretFile: z.string().optional(),
  allowAll: z.boolean().default(false),
  allowedUsers: z.array(z.string()).min(1).optional(),
  allowedOrganizations: z.array(z.string()).min(1).optional(),
  adminUsers: z.array(z.string()).min(1).optional(),
  baseUrl: z.url().default("https://github.com").describe("For GitHub Enterprise."),
  apiUrl: z.url().default("https://api.github.com"),
});

const Auth = z.strictObject({
  local: z
    .strictObject({ enabled: z.boolean().default(true) })
    .prefault({})
    .describe("Accounts with a password kept here (argon2id)."),
  dummy: z
    .strictObject({
      enabled: z.literal(true, { error: "Remove the whole section to switch it off." }),
      password: secret().optional(),
      passwordFile: z.string().optional(),
    })
    .optional()
    .describe("For trying out only: any name, one password or none. Refuses to listen on anything but loopback."),
  oidc: z.array(OidcProvider).default([]),
  github: GithubProvider.optional(),
  autoLogin: z.string().optional().describe("Provider to send people to at once: an oidc id, or `github`."),
});

const Kubernetes = z.strictObject({
  kubeconfig: z.string().optional().describe("Path of a kubeconfig. Default: the pod's own service account."),
  namespace: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
    .optional()
    .describe(
      "Namespace of servers when all share one; with `namespaceTemplate` what `{hubnamespace}` stands for, and where pull secrets are copied from. Default: the hub's own.",
    ),
  namespaceTemplate: z
    .string()
    .optional()
    .describe("One namespace per user or group: `berth-{username}` or `berth-{group}`."),
  podSecurity: z
    .enum(["restricted", "baseline", "privileged"])
    .default("restricted")
    .describe(
      "Pod Security Standard of the namespaces Berth makes. Profiles that ask for more (root, sudo) are refused by it.",
    ),
  useExistingNamespaces: z
    .boolean()
    .default(false)
    .describe(
      "Servers may run in a namespace of that name that Berth didn't make. Its other programs, labels and account stay as they are; it gets no quota.",
    ),
  portalAddresses: z
    .array(z.union([z.cidrv4(), z.cidrv6()]))
    .min(1)
    .optional()
    .describe(
      "Outside the cluster: the addresses hubs and edges have, such as `192.0.2.7/32`, for the network policy. Default: this machine's own. Needed when they run on several machines, which would else each write their own.",
    ),
  requestsInFlight: z.int().min(1).max(512).default(64),
  autoscaling: z
    .boolean()
    .default(true)
    .describe("Machines may be added when none fits. When false, a server no machine can hold fails at once."),
});

const Spawner = z.strictObject({
  type: z.enum(["local", "kubernetes"]).default("local"),
  connect: z
    .enum(["podIp", "portForward"])
    .default("podIp")
    .describe(
      "How servers are reached. portForward is for clusters whose pod network this machine can't reach (kind, Docker Desktop): 1-5 users; not part of this version yet.",
    ),
  jupyter: z
    .string()
    .optional()
    .describe("Local: the `jupyter` command to use. Default: a virtual environment made in the home."),
  kubernetes: Kubernetes.prefault({}),
});

export const Config = z.strictObject({
  hub: Hub.prefault({}),
  portal: Portal.prefault({}),
  proxy: PublicProxy.prefault({}),
  edge: Edge.prefault({}),
  auth: Auth.prefault({}),
  spawner: Spawner.prefault({}),
  singleuser: Singleuser.prefault({}),
  groups: Groups.prefault({}),
  cull: Cull.prefault({}),
  custom: z.record(z.string(), z.unknown()).default({}).describe("Anything you like; Berth ignores it."),
});
export type Config = z.infer<typeof Config>;
export type OidcProvider = z.infer<typeof OidcProvider>;
export type GithubProvider = z.infer<typeof GithubProvider>;
