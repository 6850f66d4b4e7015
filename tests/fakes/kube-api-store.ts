import { randomUUID } from "node:crypto";

export type KubeJson = {
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    labels?: Record<string, string>;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    ownerReferences?: { uid: string }[];
    [more: string]: unknown;
  };
  [more: string]: unknown;
};
export type Change = {
  readonly version: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly plural: string;
  readonly object: KubeJson;
};

/** etcd and the watch cache: objects, one version for everything, and the changes since the last compaction. */
export class KubeStore {
  version = 1000;
  /** Changes up to this version are gone: who asks from before gets 410. */
  compacted = 1000;
  readonly changes: Change[] = [];
  readonly #objects = new Map<string, { plural: string; object: KubeJson }>();
  readonly #listeners = new Set<(change: Change) => void>();

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get(plural: string, namespace: string | null, name: string): KubeJson | undefined {
    return this.#objects.get(`${plural}/${namespace ?? ""}/${name}`)?.object;
  }

  list(plural: string, namespace: string | null): KubeJson[] {
    const all = [...this.#objects.values()].filter((entry) => entry.plural === plural).map(({ object }) => object);
    return all.filter(({ metadata }) => namespace === null || metadata.namespace === namespace);
  }

  create(plural: string, namespace: string | null, given: { metadata?: { name?: string } }): KubeJson {
    const object = structuredClone(given) as KubeJson;
    object.metadata = {
      ...object.metadata,
      name: given.metadata?.name ?? "",
      ...(namespace === null ? {} : { namespace }),
      uid: randomUUID(),
      resourceVersion: "",
      creationTimestamp: new Date().toISOString(),
    };
    return this.#write("ADDED", plural, object);
  }

  update(plural: string, object: KubeJson): KubeJson {
    return this.#write("MODIFIED", plural, structuredClone(object));
  }

  remove(plural: string, object: KubeJson): void {
    this.#objects.delete(keyOf(plural, object));
    this.#tell({ version: ++this.version, type: "DELETED", plural, object: stamped(object, this.version) });
    for (const entry of [...this.#objects.values()]) {
      const owners = entry.object.metadata.ownerReferences ?? [];
      if (owners.some(({ uid }) => uid === object.metadata.uid)) this.remove(entry.plural, entry.object);
    }
  }

  compact(): void {
    this.compacted = ++this.version;
    this.changes.length = 0;
  }

  #write(type: "ADDED" | "MODIFIED", plural: string, object: KubeJson): KubeJson {
    const written = stamped(object, ++this.version);
    this.#objects.set(keyOf(plural, written), { plural, object: written });
    this.#tell({ version: this.version, type, plural, object: written });
    return written;
  }

  #tell(change: Change): void {
    this.changes.push(change);
    for (const listener of [...this.#listeners]) listener(change);
  }
}

function stamped(object: KubeJson, version: number): KubeJson {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}

function keyOf(plural: string, { metadata }: KubeJson): string {
  return `${plural}/${metadata.namespace ?? ""}/${metadata.name}`;
}
