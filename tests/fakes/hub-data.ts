import type { LimitsView, ProfileView, ServerView, TokenRow, UserRow } from "#server/api/views.ts";

/** Canned people and servers: every phase, every failure, long names, and text that would be markup if a page let it. */
const gib = 1024 ** 3;
export const canary = `"><img src=x onerror=__xss()>`;

export const smallLimits: LimitsView = { cpuMillicores: 1000, memoryBytes: 2 * gib, gpus: 0 };
const largeLimits: LimitsView = { cpuMillicores: 4000, memoryBytes: 16 * gib, gpus: 0 };
const gpuLimits: LimitsView = { cpuMillicores: 8000, memoryBytes: 48 * gib, gpus: 1 };

const openToAll = { denied: null, deprecated: null };

const imageOption = {
  name: "image",
  displayName: "Software",
  choices: [
    { slug: "scipy", displayName: "SciPy, Matplotlib and pandas", default: true, limits: smallLimits, ...openToAll },
    { slug: "r", displayName: "R with the tidyverse", default: false, limits: smallLimits, ...openToAll },
  ],
  unlisted: {
    displayName: "Image address",
    displayNameInChoices: "Another image …",
    pattern: "[a-z0-9./-]+:[A-Za-z0-9._-]+",
    message: "An address with a tag, such as example.org/course/image:2026a.",
    ...openToAll,
  },
};
const sizeOption = {
  name: "size",
  displayName: "Size",
  choices: [
    { slug: "small", displayName: "Small", default: true, limits: smallLimits, ...openToAll },
    { slug: "large", displayName: "Large", default: false, limits: largeLimits, ...openToAll },
  ],
  unlisted: null,
};

export const profiles: readonly ProfileView[] = [
  {
    slug: "course",
    displayName: "Course environment",
    description: "For <b>lectures and exercises</b>. Starts quickly.",
    default: true,
    limits: smallLimits,
    options: [imageOption, sizeOption],
    expectedSeconds: 12,
    ...openToAll,
  },
  {
    slug: "large",
    displayName: "Large memory, for data that doesn't fit anywhere else and for people with very long profile names",
    description: "",
    default: false,
    limits: largeLimits,
    options: [],
    expectedSeconds: 95,
    ...openToAll,
  },
  {
    slug: "gpu",
    displayName: `GPU ${canary}`,
    description: "One graphics card. Please stop it when you don't need it.",
    default: false,
    limits: gpuLimits,
    options: [sizeOption],
    expectedSeconds: null,
    ...openToAll,
  },
];

export function manyProfiles(): readonly ProfileView[] {
  const more = Array.from({ length: 9 }, (_, index) => ({
    slug: `extra-${index}`,
    displayName: `Department ${index + 1}`,
    description: "",
    default: false,
    limits: smallLimits,
    options: [],
    expectedSeconds: 20,
    ...openToAll,
  }));
  return [...profiles, ...more];
}

export const failureReasons = ["quota", "unschedulable", "image", "crashed", "out-of-memory", "timeout"] as const;

const sentences: Record<(typeof failureReasons)[number], [title: string, what: string, doThis: string]> = {
  quota: ["The quota is used up", "Your group physics uses 8 of 8 CPU.", "Stop a server you no longer need."],
  unschedulable: ["No machine has room", "No machine has 512 GB memory.", "Choose a smaller profile."],
  image: ["The software image can't be loaded", `The image ${canary} was not found.`, "Choose another profile."],
  crashed: [
    "Your server ended by itself",
    "It ended with exit code 1 after 3 s.",
    "The last lines it printed may say why.",
  ],
  "out-of-memory": [
    "Your server ran out of memory",
    "It used more than its limit of 2 GB memory.",
    "Load less data at once.",
  ],
  timeout: ["Starting took too long", "It was not ready after 5 min.", "Try again."],
};

export function failureOf(reason: (typeof failureReasons)[number], at: Date): NonNullable<ServerView["failure"]> {
  const [title, whatHappened, doThis] = sentences[reason];
  return {
    reason,
    title,
    whatHappened,
    whatYouCanDo: [doThis, "If it happens again, send the text below to your admin."],
    at,
    logTail: reason === "crashed" ? ["[I] Loading", `\u001b]8;;javascript:__xss()\u0007click`, `Error: ${canary}`] : [],
    copyBlock: `server 0b7c1d4e\nat ${at.toISOString()}\nreason ${reason}\nbackend ${canary}`,
  };
}

type Given = Partial<ServerView> & Pick<ServerView, "ownerName" | "name" | "phase">;

export function serverOf(given: Given, now: Date, publicUrl: string): ServerView {
  const wasStarted = given.profile !== null;
  const part = given.name === "" ? "" : `${encodeURIComponent(given.name)}/`;
  return {
    id: `${given.ownerName}/${given.name}`,
    phaseSince: new Date(now.getTime() - 5 * 60_000),
    queuePosition: null,
    profile: { slug: "course", displayName: "Course environment" },
    options: { image: "scipy", size: "small" },
    limits: wasStarted ? smallLimits : null,
    readyAt: given.phase === "ready" ? new Date(now.getTime() - 3 * 3600_000 - 12 * 60_000) : null,
    lastActivityAt: wasStarted ? new Date(now.getTime() - 4 * 60_000) : null,
    url: `${publicUrl}/user/${encodeURIComponent(given.ownerName)}/${part}`,
    home: wasStarted
      ? { name: `claim-${given.ownerName}${given.name === "" ? "" : `--${given.name}`}`, capacityBytes: 10 * gib }
      : null,
    failure: null,
    canStartAgain: wasStarted,
    stop: null,
    keepUntil: null,
    lastStop: null,
    limitsNote: null,
    ...given,
  };
}

export function userOf(name: string, given: Partial<UserRow>, now: Date): UserRow {
  return {
    id: `user-${name}`,
    name,
    admin: false,
    disabledAt: null,
    createdAt: new Date(now.getTime() - 90 * 86_400_000),
    lastActivityAt: new Date(now.getTime() - 3 * 3600_000),
    runningServers: 0,
    groups: ["physics"],
    ...given,
  };
}

export function tokensOf(now: Date): TokenRow[] {
  const token = (id: string, note: string, expiresAt: Date | null): TokenRow => ({
    id,
    prefix: id.slice(0, 6),
    note,
    scopes: ["servers!user=ana", "read:users!user=ana"],
    createdAt: now,
    expiresAt,
    lastUsedAt: expiresAt === null ? null : new Date(now.getTime() - 86_400_000),
  });
  return [
    token("5f0c2a8e-0000-4000-8000-000000000001", "VS Code on my laptop", new Date(now.getTime() + 30 * 86_400_000)),
    token("5f0c2a8e-0000-4000-8000-000000000002", canary, null),
  ];
}
