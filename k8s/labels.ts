/** Every label and annotation key Berth writes, and every selector it reads by: nowhere else. */
export const managedByKey = "app.kubernetes.io/managed-by";
export const nameKey = "app.kubernetes.io/name";
export const componentKey = "app.kubernetes.io/component";
export const installationKey = "berth.dev/installation";
export const serverKey = "berth.dev/server";
export const generationKey = "berth.dev/generation";
export const homeKey = "berth.dev/home";
/** On the claim of a group's shared volume: the group's id. */
export const sharedForKey = "berth.dev/shared-for";
/** On a volume that was set to Retain: what its storage class had said. */
export const reclaimPolicyKey = "berth.dev/reclaim-policy";
/** On a network policy: a hash of what Berth wrote. Another one than today's is from before a change of the configuration. */
export const writtenKey = "berth.dev/written";
/** On a namespace of Berth's own: the group or user it was made for. */
export const groupKey = "berth.dev/group";
export const userKey = "berth.dev/user";
/** KubeSpawner's: label-safe as a label, raw as an annotation of the same key. */
export const userNameKey = "hub.jupyter.org/username";
export const serverNameKey = "hub.jupyter.org/servername";

export const managedBy = "berth";
/** The portal's own pods, by the chart. */
export const portalName = "berth";
export const singleuserComponent = "singleuser-server";
export const storageComponent = "singleuser-storage";

export type Labels = Record<string, string>;

/** A name as people wrote it and as a label may hold it; the caller makes the second (`labelValueFor`). */
export type LabelledName = { readonly raw: string; readonly label: string };

export type ServerIdentity = {
  readonly installationId: string;
  readonly serverId: string;
  readonly generation: number;
  readonly owner: LabelledName;
  /** Raw `""` and label `""` for the default server. */
  readonly server: LabelledName;
};

/** On everything this installation owns, of whatever kind. */
export function ownershipLabels(installationId: string): Labels {
  return { [managedByKey]: managedBy, [installationKey]: installationId };
}

export function serverLabels(identity: ServerIdentity): Labels {
  return {
    ...ownershipLabels(identity.installationId),
    [componentKey]: singleuserComponent,
    // KubeSpawner writes both; policies and dashboards made for z2jh select by the short one.
    component: singleuserComponent,
    [serverKey]: identity.serverId,
    [generationKey]: String(identity.generation),
    [userNameKey]: identity.owner.label,
    [serverNameKey]: identity.server.label,
  };
}

export function nameAnnotations(owner: LabelledName, server: LabelledName): Labels {
  return { [userNameKey]: owner.raw, ...(server.raw === "" ? {} : { [serverNameKey]: server.raw }) };
}

/** The pods of this installation's servers, for network policies. */
export function serverPodLabels(installationId: string): Labels {
  return { ...ownershipLabels(installationId), [componentKey]: singleuserComponent };
}

/** `labelSelector` of the list and the watch of server pods. */
export function serverSelector(installationId: string): string {
  return selectorOf(serverPodLabels(installationId));
}

/** `labelSelector` of the list and the watch of homes. */
export function homeSelector(installationId: string): string {
  return selectorOf({ ...ownershipLabels(installationId), [componentKey]: storageComponent });
}

export function homeLabels(home: {
  readonly installationId: string;
  readonly homeId: string;
  readonly owner: LabelledName;
  readonly server: LabelledName;
}): Labels {
  return {
    ...ownershipLabels(home.installationId),
    [componentKey]: storageComponent,
    component: storageComponent,
    [homeKey]: home.homeId,
    [userNameKey]: home.owner.label,
    [serverNameKey]: home.server.label,
  };
}

type Labelled = { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } };

export function isOwned(object: Labelled, installationId: string): boolean {
  const labels = object.metadata?.labels ?? {};
  return labels[managedByKey] === managedBy && labels[installationKey] === installationId;
}

/** Which server and which start an object belongs to; undefined for what isn't Berth's or was tampered with. */
export function serverOf(object: Labelled): { readonly serverId: string; readonly generation: number } | undefined {
  const labels = object.metadata?.labels ?? {};
  const serverId = labels[serverKey];
  const generation = labels[generationKey];
  if (serverId === undefined || generation === undefined || !/^\d{1,15}$/.test(generation)) return undefined;
  return { serverId, generation: Number(generation) };
}

function selectorOf(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}
