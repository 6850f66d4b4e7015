import { createHash } from "node:crypto";
import { HubError } from "#server/errors.ts";
import { multiSlug, readablePart, safeSlug, stripAndHash, userServerSlug } from "./slugs.ts";

/**
 * Names of everything a user or a server is called by elsewhere. Each is made once, stored, and never recomputed. A name is a
 * label, not an identity: whoever finds an object under one checks its owner by UUID before touching it.
 */
type UserServer = { readonly userName: string; readonly serverName: string };

/** The pod's name (or the local folder's), the same for every start of one server. z2jh's `jupyter-{user_server}`. */
export function objectNameFor({ userName, serverName }: UserServer): string {
  return `jupyter-${userServerSlug(userName, serverName)}`;
}

/** The home claim's name: z2jh's `claim-{user_server}`, so that its homes are found again. */
export function homeNameFor({ userName, serverName }: UserServer): string {
  return `claim-${userServerSlug(userName, serverName)}`;
}

const placeholder = /\{([a-z_]*)\}/g;
const namespaceCharacters = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
/** Namespaces Kubernetes and its distributions keep for themselves. */
const systemNamespace = /^(?:default|kube|openshift|kube-.*|openshift-.*)$/;

/** `berth-{username}` or `berth-{group}`, filled. Different users (groups) never share one unless the template says so. */
export function namespaceFor(
  template: string,
  names: { readonly userName: string; readonly groupName: string | null; readonly hubNamespace?: string },
): string {
  const used: string[] = [];
  const filled = template.replace(placeholder, (whole, key: string) => {
    const value = partFor(key, whole, names);
    if (key !== "hubnamespace") used.push(value);
    return key === "hubnamespace" ? value : safeSlug(value);
  });
  // Two parts side by side could meet ("a-b","c" and "a","b-c"), so they carry one hash over both.
  const name = used.length > 1 ? joinedName(filled, used) : filled;
  if (!namespaceCharacters.test(name))
    throw new HubError("internal", `The namespace template “${template}” makes no valid Kubernetes name.`);
  return name.length > 63 || systemNamespace.test(name) ? stripAndHash(filled, 63) : name;
}

function partFor(
  key: string,
  whole: string,
  names: { readonly userName: string; readonly groupName: string | null; readonly hubNamespace?: string },
): string {
  if (key === "username") return names.userName;
  if (key === "hubnamespace" && names.hubNamespace !== undefined) return names.hubNamespace;
  if (key !== "group") throw new HubError("internal", `The namespace template knows no “${whole}”.`);
  if (names.groupName === null) {
    throw new HubError("invalid", "Choose the group this server belongs to: each group has a namespace of its own.");
  }
  return names.groupName;
}

function joinedName(filled: string, parts: readonly string[]): string {
  const hash = multiSlug(parts).slice(-8);
  return filled.length + 11 <= 63 ? `${filled}---${hash}` : `${readablePart(filled, 52)}---${hash}`;
}

/**
 * The DNS label of a user's own origin, a security boundary: 128 bits of hash where the name isn't its own label. Never
 * `--` at the third and fourth place, where browsers look for punycode (`xn--`), and never only digits, which they may read
 * as an address.
 */
export function originLabelFor(userName: string): string {
  if (userName.length <= 40 && safeSlug(userName, 40) === userName) return userName;
  const hash = createHash("sha256").update(userName, "utf8").digest("hex").slice(0, 32);
  return `${readablePart(userName, 24).padEnd(3, "x")}--${hash}`;
}

const serverNameRule = /^[a-z](?:[a-z0-9]|-(?!-))*$/;
/** Paths the programs in a server answer under its prefix: `/user/ana/lab` must never mean a server called `lab`. */
const reservedServerNames: ReadonlySet<string> = new Set([
  ..."api hub lab tree user users static files edit view doc notebooks consoles terminals kernels kernelspecs".split(
    " ",
  ),
  ..."nbconvert nbextensions login logout metrics proxy custom services server servers events lsp".split(" "),
]);

/** JupyterHub 6's rules for a named server, as a sentence for the person who typed the name; null when it is fine. */
export function serverNameProblem(name: string): string | null {
  if (name === "") return "Give the server a name.";
  if (name.length > 30) return "A server's name has at most 30 characters.";
  if (!/^[a-z]/.test(name)) return "A server's name starts with a lower-case letter (a to z).";
  if (!serverNameRule.test(name))
    return "A server's name has only lower-case letters (a to z), digits and single hyphens.";
  if (name.endsWith("-")) return "A server's name doesn't end with a hyphen.";
  if (reservedServerNames.has(name)) return `“${name}” is a name Jupyter uses itself. Choose another.`;
  return null;
}

/** One spelling per user: NFKC, trimmed, lower case. Repeated, because each of the three can undo another. */
export function normaliseUserName(text: string): string {
  let name = text;
  for (let round = 0; round < 8; round++) {
    const next = name.normalize("NFKC").toLowerCase().normalize("NFKC").trim();
    if (next === name) break;
    name = next;
  }
  return name;
}

/** What no account may be called, as a sentence; null when the name is fine. Odd names are: JupyterHub has users called `a/b`. */
export function userNameProblem(name: string): string | null {
  if (name.trim() === "") return "A user name can't be empty.";
  if (name.length > 255) return "A user name has at most 255 characters.";
  // Control, invisible and direction-changing characters, lone surrogates, line separators: two names that look alike.
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u.test(name)) {
    return "A user name can't contain control or invisible characters.";
  }
  if (name.split(/[/\\]/).some((part) => part === "" || part === "." || part === "..")) {
    return "A user name can't be “.” or “..”, and between slashes there must be a name.";
  }
  return null;
}

/** Where a server is found: `/user/ana/` or `/user/ana/second/`. Each name is one segment, whatever is in it. */
export function prefixFor(userName: string, serverName: string): string {
  const user = `/user/${encodeURIComponent(userName)}/`;
  return serverName === "" ? user : `${user}${encodeURIComponent(serverName)}/`;
}
