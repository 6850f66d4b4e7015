/** Everything the edge itself answers with, in words for a person and a status for a program. */
export type Failure =
  | { readonly kind: "bad-request"; readonly status: 400 | 413 | 431 | 501; readonly reason: string }
  /** `expired`: Set-Cookie lines for the browser of a person, which take back what the portal didn't set. */
  | { readonly kind: "two-sessions"; readonly target: string; readonly expired: readonly string[] }
  | { readonly kind: "misdirected" }
  | { readonly kind: "not-found" }
  | { readonly kind: "not-logged-in" }
  | { readonly kind: "foreign-origin" }
  | { readonly kind: "service-worker" }
  | { readonly kind: "link-used" }
  | {
      readonly kind: "not-running";
      readonly phase: StoppedPhase;
      readonly server: ServerLabel;
      readonly target: string;
    }
  | { readonly kind: "refused-connection" | "no-answer-in-time" | "bad-answer"; readonly server: ServerLabel }
  | { readonly kind: "portal-unavailable" }
  | { readonly kind: "cut-off" }
  | { readonly kind: "stale-routes" };

export type StoppedPhase = "stopped" | "pending" | "stopping" | "failed" | "restarting";
export type ServerLabel = { readonly ownerName: string; readonly serverName: string };

export type Described = {
  readonly status: number;
  /** For programs; never changes. */
  readonly code: string;
  readonly title: string;
  readonly sentence: string;
  readonly actions: readonly { readonly label: string; readonly href: string }[];
  readonly retryAfterSeconds: number | null;
};

type Audience = "page" | "program";
const home = { label: "My servers", href: "/hub/home" };

/** What to say. Links are paths of the portal. */
export function describeFailure(failure: Failure, audience: Audience): Described {
  switch (failure.kind) {
    case "bad-request":
      return plain(failure.status, "bad-request", "This request can't be understood", failure.reason);
    case "two-sessions":
      return {
        ...plain(400, "two-sessions", "Your browser sent two sessions at once", twoSessionsTexts[audience]),
        actions: [
          { label: "Try again", href: failure.target },
          { label: "Log in again", href: "/hub/login" },
        ],
      };
    case "misdirected":
      return plain(
        421,
        "misdirected",
        "Nothing lives at this address",
        "This portal doesn't answer under this host name.",
      );
    case "not-found":
      return {
        ...plain(404, "not-found", "Nothing here for you", "There is no such server, or it isn't yours to open."),
        actions: [home],
      };
    case "not-logged-in":
      return {
        ...plain(403, "unauthenticated", "Log in first", "Log in, or send an API token that is valid."),
        actions: [{ label: "Log in", href: "/hub/login" }],
      };
    case "foreign-origin":
      return plain(
        403,
        "foreign-origin",
        "This request came from another site",
        "Only this server's own pages may do this. Nothing was sent to the server.",
      );
    case "service-worker":
      return plain(
        403,
        "service-worker",
        "Service workers are off",
        "Servers share an address here, so none may install a service worker.",
      );
    case "link-used":
      return {
        ...plain(
          403,
          "link-used",
          "This link has been used",
          "It opens a server once. Open the server again from your list.",
        ),
        actions: [home],
      };
    case "not-running":
      return describeStopped(failure, audience);
    case "refused-connection":
    case "no-answer-in-time":
    case "bad-answer":
      return describeSilent(failure.kind);
    case "portal-unavailable":
      return {
        ...plain(
          503,
          "portal-unavailable",
          "The portal is not available",
          "Your servers go on running. Try again in a moment.",
        ),
        retryAfterSeconds: 5,
      };
    case "cut-off":
      return {
        ...plain(
          503,
          "cut-off",
          "The portal is not available",
          "The portal has lost touch with its hub and lets nobody in until it is back. Your servers go on running.",
        ),
        retryAfterSeconds: 5,
      };
    case "stale-routes":
      return {
        ...plain(
          503,
          "stale-routes",
          "Servers can't be opened right now",
          "The portal can't see what runs at the moment, so it opens nothing new. Your server goes on running, and so does what is open.",
        ),
        actions: [home],
        retryAfterSeconds: 5,
      };
  }
}

const twoSessionsTexts: Record<Audience, string> = {
  page: "One of them isn't from this portal, so neither was used. It has been removed now: try again. If this page comes back, delete this site's cookies and log in again.",
  program: "Delete this site's cookies and log in again.",
};

function plain(status: number, code: string, title: string, sentence: string): Described {
  return { status, code, title, sentence, actions: [], retryAfterSeconds: null };
}

/** JupyterHub's answers for a server that isn't there (424), which JupyterLab knows and turns into its restart dialog. */
function describeStopped(failure: Extract<Failure, { kind: "not-running" }>, audience: Audience): Described {
  const next = `?next=${encodeURIComponent(failure.target)}`;
  const path = serverPath(failure.server);
  const onTheWay = failure.phase === "pending" || failure.phase === "restarting" || failure.phase === "stopping";
  const { title, sentence } = stoppedTexts[failure.phase];
  const action = onTheWay
    ? { label: "Watch the progress", href: `/hub/spawn-pending/${path}${next}` }
    : { label: "Start", href: `/hub/spawn/${path}${next}` };
  return {
    status: onTheWay && audience === "page" ? 503 : 424,
    code: `server-${failure.phase}`,
    title,
    sentence,
    actions: [action, home],
    retryAfterSeconds: onTheWay ? 5 : 30,
  };
}

const stoppedTexts: Record<StoppedPhase, { readonly title: string; readonly sentence: string }> = {
  stopped: {
    title: "Your server is not running",
    sentence: "Start it to go on where you left off. Your files are kept.",
  },
  failed: {
    title: "Your server is not running",
    sentence: "Its last start failed. Start it again, or see what happened under “My servers”.",
  },
  pending: { title: "Your server is starting", sentence: "It will answer here as soon as it is ready." },
  restarting: { title: "Your server is restarting", sentence: "It will answer here again as soon as it is ready." },
  stopping: { title: "Your server is stopping", sentence: "It can be started again as soon as it has stopped." },
};

function describeSilent(kind: "refused-connection" | "no-answer-in-time" | "bad-answer"): Described {
  const status = { "refused-connection": 503, "no-answer-in-time": 504, "bad-answer": 502 }[kind];
  const sentence = {
    "refused-connection":
      "It runs, but nothing accepts connections in it. It may be busy or its program may have ended.",
    "no-answer-in-time": "It runs, but has not answered in time. It may be busy; waiting a little often helps.",
    "bad-answer": "It runs, but what it sent was no answer a browser may have.",
  }[kind];
  return {
    status,
    code: kind,
    title: "Your server doesn't answer",
    sentence: `${sentence} You can try again, restart it or read its log.`,
    actions: [
      { label: "Restart it", href: "/hub/home" },
      { label: "Read its log", href: "/hub/home" },
    ],
    retryAfterSeconds: kind === "bad-answer" ? null : 5,
  };
}

/** `ana` or `ana/second`, as the portal's paths spell it. */
function serverPath({ ownerName, serverName }: ServerLabel): string {
  const owner = encodeURIComponent(ownerName);
  return serverName === "" ? owner : `${owner}/${encodeURIComponent(serverName)}`;
}
