import type { ClusterApi } from "./api.ts";
import { volumeSettings } from "./settings.ts";

const namespace = "local-path-storage";

/** local-path-provisioner: a default StorageClass whose volumes are folders, made and removed by a short pod. */
export async function installStorage(api: ClusterApi, directory: string): Promise<void> {
  await api.apply(`/api/v1/namespaces/${namespace}`, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace },
  });
  await api.apply(`/api/v1/namespaces/${namespace}/serviceaccounts/local-path`, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "local-path" },
  });
  const helper = {
    name: "helper-pod",
    image: "localhost/singleuser:1",
    imagePullPolicy: "Never",
    securityContext: { runAsUser: 0 },
  };
  await api.apply(`/api/v1/namespaces/${namespace}/configmaps/local-path-config`, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "local-path-config" },
    data: {
      "config.json": JSON.stringify(volumeSettings(directory)),
      setup: 'mkdir -m 0777 -p "$VOL_DIR"',
      teardown: 'rm -rf "$VOL_DIR"',
      "helperPod.yaml": JSON.stringify({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "helper-pod" },
        spec: { containers: [helper] },
      }),
    },
  });
  await api.apply("/apis/storage.k8s.io/v1/storageclasses/local-path", {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "local-path", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    provisioner: "rancher.io/local-path",
    volumeBindingMode: "WaitForFirstConsumer",
    reclaimPolicy: "Delete",
  });
}
