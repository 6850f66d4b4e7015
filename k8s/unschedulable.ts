/**
 * Why no machine takes a pod, from the scheduler's message. `never-fits`: no machine of this cluster could hold it even
 * when empty, so without autoscaling waiting is useless. `no-room`: it may fit when others stop or a machine is added.
 * `no-machine`: the machines are going through something. `storage`: its home isn't bound.
 */
export type Unschedulable = {
  readonly because: "never-fits" | "no-room" | "storage" | "no-machine";
  readonly sentence: string;
};

const storage =
  /unbound immediate PersistentVolumeClaims?|persistentvolumeclaim "[^"]*" (?:not found|is being deleted)|volume node affinity conflict|didn't find available persistent volumes/i;
/** The scheduler's verdict for each machine: would the pod fit if others left it? (kube-scheduler, default preemption) */
const helpless = /(\d+) Preemption is not helpful for scheduling/i;
const machines = /0\/(\d+) nodes are available/i;
/** What the pod asks for, as opposed to what a machine is going through. */
const byRequest =
  /Insufficient |didn't match Pod's node affinity|didn't match pod's node affinity|didn't match node selector/;

export function unschedulableFor(message: string): Unschedulable {
  if (storage.test(message)) return { because: "storage", sentence: "Waiting for your home's storage." };
  const count = Number(machines.exec(message)?.[1] ?? Number.NaN);
  if (count === 0 || /no nodes available/i.test(message)) {
    return { because: "no-machine", sentence: "Waiting for a machine: none is ready." };
  }
  // Since Kubernetes 1.32 a request above a machine's whole size counts as not helped by others leaving.
  const helplessCount = Number(helpless.exec(message)?.[1] ?? 0);
  if (byRequest.test(message) && Number.isFinite(count) && helplessCount === count) {
    return {
      because: "never-fits",
      sentence: "Waiting for a machine: none of those there now is large enough or of the kind asked for.",
    };
  }
  const lacking = lackingIn(message);
  if (lacking === "")
    return { because: "no-machine", sentence: "Waiting for a machine: none is free for this server." };
  return { because: "no-room", sentence: `Waiting for a machine with enough ${lacking}.` };
}

function lackingIn(message: string): string {
  const names = new Set([...message.matchAll(/Insufficient ([\w./-]*\w)/g)].map((match) => inWords(match[1] ?? "")));
  if (/Too many pods/i.test(message)) names.add("places");
  return new Intl.ListFormat("en", { type: "conjunction" }).format(names);
}

function inWords(resource: string): string {
  if (resource === "cpu") return "CPU";
  if (resource === "ephemeral-storage") return "disk";
  return /gpu$/i.test(resource) ? "GPUs" : resource;
}
