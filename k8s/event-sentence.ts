import { unschedulableFor } from "./unschedulable.ts";

/** The part of a Kubernetes event a sentence is made of; core/v1 and events.k8s.io/v1 both fit. */
export type EventShape = {
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly note?: string | undefined;
};

/** The kubelet's messages name the image in quotes; their wording is older than Kubernetes 1.24. */
const quoted = /"([^"]+)"/;

const sentences = new Map<string, (text: string) => string>([
  ["Scheduled", (text) => `A machine was found: ${/ to (\S+)$/.exec(text)?.[1] ?? text}.`],
  ["FailedScheduling", (text) => unschedulableFor(text).sentence],
  ["TriggeredScaleUp", () => "A new machine is being added. This takes some minutes."],
  ["NotTriggerScaleUp", () => "No machine that could be added would be large enough or of the right kind."],
  ["Pulling", (text) => `Fetching the software image ${quoted.exec(text)?.[1] ?? ""}.`],
  [
    "Pulled",
    (text) =>
      /already present/.test(text) ? "The software image is already there." : "The software image is fetched.",
  ],
  ["Created", () => "The container is made."],
  ["Started", () => "The container has started."],
  ["SuccessfulAttachVolume", () => "Your home is attached to the machine."],
  ["FailedAttachVolume", (text) => `Your home can't be attached yet: ${text}`],
  ["FailedMount", (text) => `A volume can't be mounted yet: ${text}`],
  ["FailedCreatePodSandBox", (text) => `The machine couldn't prepare the network yet: ${text}`],
  ["Provisioning", () => "A new home is being made."],
  ["ExternalProvisioning", () => "A new home is being made."],
  ["ProvisioningSucceeded", () => "Your new home is made."],
  ["ProvisioningFailed", (text) => `Your home can't be made yet: ${text}`],
  ["WaitForFirstConsumer", () => "Your home is made as soon as a machine is found."],
  ["Killing", () => "The container is being stopped."],
  ["Preempted", () => "Something more important needed the room on this machine."],
  ["Evicted", (text) => `The machine ended the server: ${text}`],
]);

/** About the cluster's own setup, repeated at every start, and nothing the person who waits could act on: the kubelet's `MissingClusterDNS`. */
const silent: ReadonlySet<string> = new Set(["MissingClusterDNS"]);

/** One line for the progress page, "" where the event says nothing to the person who waits. What has no sentence of its own keeps Kubernetes' words. */
export function eventSentence(event: EventShape): string {
  if (silent.has(event.reason ?? "")) return "";
  const text = (event.message ?? event.note ?? "").trim();
  const sentence = sentences.get(event.reason ?? "")?.(text) ?? text;
  return sentence === "" ? (event.reason ?? "") : sentence;
}
