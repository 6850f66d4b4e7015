import { profileProblems } from "#server/profiles/check.ts";
import { isLoopbackHost, parseListen, trustedRangeProblem } from "./address.ts";
import { authFindings } from "./auth-checks.ts";
import { cullFindings } from "./cull-checks.ts";
import type { CheckFinding, KeyPath } from "./problem.ts";
import type { Config } from "./schema.ts";

type Section = keyof Config;
type Check = { readonly needs: readonly Section[]; readonly look: (config: Config) => CheckFinding[] };

const nowhere = "127.0.0.1:8000";

/** What no single key shows: settings that contradict each other or are not safe together. */
const checks: readonly Check[] = [
  { needs: ["proxy", "hub"], look: listeners },
  { needs: ["proxy"], look: trustedProxies },
  { needs: ["proxy", "hub"], look: plainHttp },
  { needs: ["proxy", "hub", "auth"], look: dummyLogin },
  { needs: ["auth"], look: ({ auth }) => authFindings(auth) },
  { needs: ["hub"], look: publicUrl },
  { needs: ["proxy", "hub"], look: addressForPeople },
  { needs: ["hub"], look: userOrigins },
  { needs: ["cull", "singleuser"], look: cullFindings },
  { needs: ["spawner"], look: notBuiltYet },
  { needs: ["spawner", "singleuser"], look: filesOnOneMachine },
  { needs: ["hub"], look: internalListener },
  { needs: ["spawner"], look: namespaces },
  { needs: ["hub", "spawner", "singleuser"], look: profileProblems },
];

/** Runs the checks whose sections could be read, so that one mistake hides no other. */
export function checkConfig(config: Config, unreadable: ReadonlySet<string>): CheckFinding[] {
  return checks
    .filter(({ needs }) => needs.every((section) => !unreadable.has(section)))
    .flatMap(({ look }) => look(config));
}

function listeners({ hub, proxy }: Config): CheckFinding[] {
  const asked: [KeyPath, string | undefined][] = [
    [["proxy", "listen"], proxy.listen],
    [["hub", "apiListen"], hub.apiListen],
    [["hub", "internal", "listen"], hub.internal.listen],
  ];
  return asked.flatMap(([path, address]) =>
    address === undefined || parseListen(address) !== null
      ? []
      : [{ path, message: "This must be a host and a port, such as 127.0.0.1:8000." }],
  );
}

function trustedProxies({ proxy }: Config): CheckFinding[] {
  return proxy.trustedProxies.flatMap((range, index) => {
    const message = trustedRangeProblem(range);
    return message === null ? [] : [{ path: ["proxy", "trustedProxies", index], message }];
  });
}

/** Behind a load balancer that ends TLS the listener itself speaks plain http: `publicUrl` says which it is. */
function plainHttp({ hub, proxy }: Config): CheckFinding[] {
  if (hub.allowInsecure) return [];
  const url = hub.publicUrl === undefined ? null : new URL(hub.publicUrl);
  if (url?.protocol === "http:" && !isLoopbackHost(url.hostname))
    return [
      {
        path: ["hub", "publicUrl"],
        message:
          "People would send their passwords unprotected over http. Use an https address, or set “hub.allowInsecure: true”.",
      },
    ];
  if (isLoopbackHost(parseListen(proxy.listen ?? nowhere)?.host ?? "localhost") || url?.protocol === "https:")
    return [];
  return [
    {
      path: ["proxy", "listen"],
      message:
        "Other machines can reach this address, and it speaks plain http. Put a proxy with https in front and set “hub.publicUrl: https://…”, or set “hub.allowInsecure: true”.",
    },
  ];
}

function dummyLogin({ auth, hub, proxy }: Config): CheckFinding[] {
  if (auth.dummy === undefined) return [];
  const host = parseListen(proxy.listen)?.host ?? "localhost";
  const publicHost = hub.publicUrl === undefined ? "localhost" : new URL(hub.publicUrl).hostname;
  if (isLoopbackHost(host) && isLoopbackHost(publicHost)) return [];
  return [
    {
      path: ["auth", "dummy"],
      message:
        "The dummy login lets anybody in, so it works only where nobody else can reach it. Listen on 127.0.0.1 without a public address, or remove “auth.dummy”.",
    },
  ];
}

function publicUrl({ hub }: Config): CheckFinding[] {
  if (hub.publicUrl === undefined) return [];
  const url = new URL(hub.publicUrl);
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "" || url.username !== "")
    return [
      {
        path: ["hub", "publicUrl"],
        message: `Give the address without a path: ${url.origin}. Berth needs a host of its own.`,
      },
    ];
  return [];
}

function internalListener({ hub }: Config): CheckFinding[] {
  const { listen, edgeKey, webKey } = hub.internal;
  if (listen === undefined || edgeKey !== undefined || webKey !== undefined) return [];
  return [
    {
      path: ["hub", "internal", "listen"],
      message:
        "Edges and webs on other machines must prove who they are. Set “hub.internal.edgeKeyFile” and “hub.internal.webKeyFile”.",
    },
  ];
}

function namespaces({ spawner }: Config): CheckFinding[] {
  const template = spawner.kubernetes.namespaceTemplate;
  if (template === undefined) return [];
  const path = ["spawner", "kubernetes", "namespaceTemplate"];
  const fields = [...template.matchAll(/\{([^{}]*)\}/g)].map(([, field]) => field ?? "");
  const unknown = fields.find((field) => !["username", "group", "hubnamespace"].includes(field));
  if (unknown !== undefined)
    return [{ path, message: `“{${unknown}}” can't be filled in. Use {username} or {group}.` }];
  if (!fields.some((field) => field === "username" || field === "group"))
    return [
      {
        path,
        message:
          "A template needs {username} or {group}. For one namespace for all, set “spawner.kubernetes.namespace”.",
      },
    ];
  if (!/^[a-z]/.test(template) && !/^\{/.test(template))
    return [{ path, message: "A namespace begins with a lower-case letter." }];
  return [];
}

/** No browser opens 0.0.0.0: without a public address every request would be answered "nothing lives here". */
function addressForPeople({ hub, proxy }: Config): CheckFinding[] {
  const host = parseListen(proxy.listen)?.host;
  if (hub.publicUrl !== undefined || !hub.allowInsecure || (host !== "0.0.0.0" && host !== "::")) return [];
  const message = "This listens on every address. Say which one people open: set “hub.publicUrl”.";
  return [{ path: ["proxy", "listen"], message }];
}

/** A user called like the portal would else get the portal's own origin. */
function userOrigins({ hub }: Config): CheckFinding[] {
  if (hub.subdomainHost === undefined || hub.publicUrl === undefined) return [];
  const portal = new URL(hub.publicUrl).hostname;
  const domain = hub.subdomainHost.replace(/:\d+$/, "");
  if (portal !== domain && !portal.endsWith(`.${domain}`)) return [];
  const message = `Users' origins would lie beside the portal's (${portal}). Use a domain of their own, such as users.${portal}.`;
  return [{ path: ["hub", "subdomainHost"], message }];
}

/** What the schema has a place for and this version can't do: said at the start, never silently ignored. */
function notBuiltYet({ spawner }: Config): CheckFinding[] {
  const findings: CheckFinding[] = [];
  if (spawner.connect === "portForward") {
    findings.push({
      path: ["spawner", "connect"],
      message: "portForward isn't part of this version yet. Run Berth where it can reach pods by their IP.",
    });
  }
  return findings;
}

/** Servers of one machine see that machine's files: a path that is one server's alone doesn't exist there. */
function filesOnOneMachine({ spawner, singleuser }: Config): CheckFinding[] {
  if (spawner.type !== "local" || Object.keys(singleuser.extraFiles).length === 0) return [];
  const message =
    "Servers of one machine share its files, so these can't be put in place for them. Write them to the machine, and remove this.";
  return [{ path: ["singleuser", "extraFiles"], message }];
}
