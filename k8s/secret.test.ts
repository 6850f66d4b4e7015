import { describe, expect, test } from "vitest";
import { fullestOrder, simplestOrder, withPod } from "./example-orders.ts";
import { podFor } from "./pod.ts";
import { fileKeyFor, secretFor, secretKey, secretNameFor } from "./secret.ts";

describe("S-19: a server's secret", () => {
  const order = { ...simplestOrder, podUid: "uid-1", secret: "s3cret-välue" };

  test("lives in a Secret that goes when its pod goes", () => {
    expect(secretFor(order)).toEqual({
      apiVersion: "v1",
      kind: "Secret",
      type: "Opaque",
      immutable: true,
      metadata: {
        name: "jupyter-ana-3",
        namespace: "berth",
        labels: podFor(simplestOrder).metadata?.labels,
        annotations: { "hub.jupyter.org/username": "ana" },
        ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "jupyter-ana", uid: "uid-1", controller: false }],
      },
      data: { secret: "czNjcmV0LXbDpGx1ZQ==" },
    });
  });

  test("is the one the pod asks for", () => {
    const secret = secretFor(order);
    const env = podFor(simplestOrder).spec?.containers[0]?.env;
    expect(env).toContainEqual({
      name: "JUPYTER_TOKEN",
      valueFrom: { secretKeyRef: { name: secret.metadata?.name, key: secretKey } },
    });
    expect(Object.keys(secret.data ?? {})).toEqual([secretKey]);
  });

  test("is a file the server's group alone may read, where the app reads a file", () => {
    const volumeOf = (pod: ReturnType<typeof podFor>) => pod.spec?.volumes?.find(({ name }) => name === "berth-secret");
    expect(volumeOf(podFor(fullestOrder))?.secret).toEqual({ secretName: fullestOrder.secretName, defaultMode: 0o440 });
    // Without a group the kubelet leaves the file to root, and a server that isn't root couldn't read 0440.
    expect(volumeOf(podFor(withPod(fullestOrder, { fsGroup: null })))?.secret?.defaultMode).toBe(0o444);
    const env = podFor(fullestOrder).spec?.containers[0]?.env ?? [];
    expect(env.filter(({ valueFrom }) => valueFrom?.secretKeyRef?.name === fullestOrder.secretName)).toEqual([]);
  });

  test("isn't mounted for a program that takes none", () => {
    const app = { ...simplestOrder.spec.app, secretVariable: null };
    const pod = podFor({ ...simplestOrder, spec: { ...simplestOrder.spec, app } });
    expect(JSON.stringify(pod)).not.toContain(simplestOrder.secretName);
  });

  test("has a name of its own at every start, and never another server's", () => {
    expect(secretNameFor("jupyter-ana", 12)).toBe("jupyter-ana-12");
    expect(secretNameFor("jupyter-ana-1", 2)).not.toBe(secretNameFor("jupyter-ana", 12));
  });
});

describe("files that every server finds in place", () => {
  const settings = { path: "/etc/jupyter/a.json", mode: 0o644, content: Buffer.from("{}") };
  const script = { path: "/usr/local/bin/b", mode: 0o755, content: Buffer.from([0, 255]) };
  const order = { ...fullestOrder, files: [settings, script] };
  const secret = secretFor({ ...order, podUid: "uid-1", secret: "s3cret" });
  const spec = podFor(order).spec;

  test("stand in the server's own Secret, and of the pod only where each belongs", () => {
    const [first, second] = [fileKeyFor(settings.path), fileKeyFor(script.path)];
    expect(secret.data).toEqual({ [secretKey]: "czNjcmV0", [first]: "e30=", [second]: "AP8=" });
    expect(spec?.volumes).toContainEqual({
      name: "berth-files",
      secret: {
        secretName: secret.metadata?.name,
        items: [
          { key: first, path: first, mode: 0o644 },
          { key: second, path: second, mode: 0o755 },
        ],
      },
    });
    expect(JSON.stringify(spec)).not.toContain("e30=");
  });

  test("are mounted each at its path, read-only, into the main container alone", () => {
    const [main, ...others] = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
    const mountsOf = (container: typeof main) =>
      (container?.volumeMounts ?? []).filter(({ name }) => name === "berth-files");
    expect(mountsOf(main)).toEqual(
      [settings, script].map(({ path }) => ({
        name: "berth-files",
        mountPath: path,
        subPath: fileKeyFor(path),
        readOnly: true,
      })),
    );
    expect(others).toHaveLength(2);
    expect(others.flatMap(mountsOf)).toEqual([]);
  });

  test("keep their keys when the configuration gets another file after the pod was made and before its Secret", () => {
    const earlier = { path: "/a", mode: 0o644, content: Buffer.from("another") };
    const changed = secretFor({ ...order, files: [earlier, settings, script], podUid: "uid-1", secret: "s3cret" });
    expect(changed.data).toMatchObject(secret.data ?? {});
  });
});
