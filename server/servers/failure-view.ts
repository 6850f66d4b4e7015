import type { FailureView } from "#server/api/views.ts";
import type { SpawnFailure, SpawnFailureReason } from "#server/spawner/spawner.ts";

type Advice = { readonly title: string; readonly whatYouCanDo: readonly string[] };

const tryAgain = "Try again.";
const otherProfile = "Choose another profile.";
const tellAdmin = "If it happens again, send the text below to your admin.";

/** One title and a way out for every reason a server fails; the words a first-year student knows. */
const adviceFor: Record<SpawnFailureReason, Advice> = {
  quota: {
    title: "The quota is used up",
    whatYouCanDo: [
      "Stop a server you no longer need.",
      "Choose a smaller profile.",
      "Ask the manager of your group for more.",
    ],
  },
  unschedulable: {
    title: "No machine has room",
    whatYouCanDo: ["Choose a smaller profile.", "Try again later, when others have stopped their servers."],
  },
  image: {
    title: "The software image can't be loaded",
    whatYouCanDo: [otherProfile, "Send the text below to your admin: the image's name may be wrong."],
  },
  command: {
    title: "The server's program can't be started",
    whatYouCanDo: [otherProfile, "Send the text below to your admin: the profile names a program that isn't there."],
  },
  crashed: {
    title: "Your server ended by itself",
    whatYouCanDo: [tryAgain, "The last lines it printed may say why.", tellAdmin],
  },
  "out-of-memory": {
    title: "Your server ran out of memory",
    whatYouCanDo: ["Start it with a profile that has more memory.", "Load less data at once."],
  },
  evicted: {
    title: "The machine needed its resources back",
    whatYouCanDo: [tryAgain, "Write large files to your home, not to the server's own disk."],
  },
  timeout: { title: "Starting took too long", whatYouCanDo: [tryAgain, tellAdmin] },
  "not-answering": {
    title: "Your server started but doesn't answer",
    whatYouCanDo: [tryAgain, otherProfile, tellAdmin],
  },
  "not-stopping": {
    title: "Your server doesn't stop",
    whatYouCanDo: [
      "Wait: Berth goes on trying, and you can start it again once it is gone.",
      "Send the text below to your admin: its machine may not answer.",
    ],
  },
  storage: { title: "Your home isn't ready", whatYouCanDo: ["Try again in a few minutes.", tellAdmin] },
  "storage-missing": {
    title: "Your home can't be found",
    whatYouCanDo: [
      "Nothing was deleted by Berth, and no empty home was made in its place.",
      "Send the text below to your admin.",
    ],
  },
  conflict: {
    title: "Something else is in the way",
    whatYouCanDo: ["Send the text below to your admin: an object of this name exists and isn't Berth's."],
  },
  gone: {
    title: "Your server was stopped from outside",
    whatYouCanDo: ["Start it again: what you saved is still there.", tellAdmin],
  },
  rejected: {
    title: "The cluster refused to start your server",
    whatYouCanDo: [otherProfile, "Send the text below to your admin."],
  },
};

export function failureViewFor(
  failure: SpawnFailure,
  server: {
    readonly id: string;
    readonly ownerName: string;
    readonly name: string;
    readonly profileSlug: string | null;
    readonly generation: number;
    readonly at: Date;
  },
): FailureView {
  const advice = adviceFor[failure.reason];
  return {
    reason: failure.reason,
    title: advice.title,
    whatHappened: failure.publicMessage,
    whatYouCanDo: advice.whatYouCanDo,
    at: server.at,
    logTail: failure.logTail ?? [],
    copyBlock: [
      `Server: ${server.ownerName}/${server.name === "" ? "(default)" : server.name}`,
      `Server id: ${server.id}, start ${server.generation}`,
      `Profile: ${server.profileSlug ?? "(none)"}`,
      `Time: ${server.at.toISOString()}`,
      `Reason: ${failure.reason}${failure.exitCode === undefined ? "" : `, exit code ${failure.exitCode}`}`,
      `What happened: ${failure.publicMessage}`,
      `Detail: ${failure.detail}`,
    ].join("\n"),
  };
}
