const hooks = "it is Python that runs inside JupyterHub's own process.";
const connection = "Berth's own connection is set once, by “spawner.kubernetes”.";
const retries = "Berth watches and retries by itself; there is nothing to tune.";
const byPodIp = "Berth reaches servers by their pod's address, never by a service or a DNS name.";
const namespaces =
  "namespaces are set once, by “spawner.kubernetes.namespace” and “spawner.kubernetes.namespaceTemplate”.";
const names = "objects are found by fixed names and labels that nothing may change.";
const certificates = "certificates between hub and servers are JupyterHub's internal_ssl, which Berth doesn't use.";
const form = "the spawn page is made from the profiles; it takes no template.";
const polling = "Berth watches instead of polling.";
const hubAddress = "the hub tells servers its own address.";
const rights = "what a server's token may do is fixed, so that no profile can widen it.";
const slow = "the progress page says what a start waits for by itself.";

/** Settings of KubeSpawner 7 and its Spawner base that can't be had, and why: the reason ends the sentence the admin reads. */
export const refusedTraits: Readonly<Record<string, string>> = {
  k8s_api_verify_ssl: connection,
  k8s_api_ssl_ca_cert: connection,
  k8s_api_host: connection,
  k8s_api_threadpool_workers: connection,
  k8s_api_request_timeout: retries,
  k8s_api_request_retry_timeout: retries,
  events_enabled: "events are always watched while a server starts.",
  enable_user_namespaces: namespaces,
  user_namespace_labels: namespaces,
  user_namespace_annotations: namespaces,
  user_namespace_template: namespaces,
  namespace: namespaces,
  slug_scheme: "names always follow KubeSpawner's “safe” scheme.",
  services_enabled: byPodIp,
  dns_name_template: byPodIp,
  pod_connect_ip: byPodIp,
  get_pod_url: byPodIp,
  ip: "a server always listens on its pod's own address.",
  pod_name_template: names,
  component_label: names,
  pvc_name_template: "KubeSpawner ignores it in a profile too. Set “singleuser.storage.dynamic.pvcNameTemplate”.",
  remember_pvc_name: "Berth always remembers which volume is whose home.",
  delete_pvc: "a home outlives its server; an admin deletes it.",
  handle_legacy_names: "homes keep the name they are stored with.",
  secret_name_template: certificates,
  secret_mount_path: certificates,
  ssl_alt_names: certificates,
  ssl_alt_names_include_local: certificates,
  hub_connect_ip: hubAddress,
  hub_connect_port: hubAddress,
  hub_connect_url: hubAddress,
  modify_pod_hook: `${hooks} Use “extra_pod_config” and “extra_container_config”.`,
  after_pod_created_hook: hooks,
  pre_spawn_hook: hooks,
  post_stop_hook: hooks,
  auth_state_hook: hooks,
  progress_ready_hook: hooks,
  apply_user_options: hooks,
  options_from_form: hooks,
  options_form: form,
  profile_form_template: form,
  additional_profile_form_template_paths: form,
  profile_list: "profiles are listed once, in “singleuser.profileList”.",
  group_overrides: "settings for a group belong to the group, not to a profile.",
  delete_stopped_pods: "a stopped server's pod is always removed, after its last lines were kept.",
  slow_spawn_message_threshold: slow,
  slow_spawn_message_frequency: slow,
  slow_spawn_message: slow,
  oauth_roles: rights,
  oauth_client_allowed_scopes: rights,
  server_token_scopes: rights,
  consecutive_failure_limit:
    "a hub that stops after failed starts would stop everybody's; failures are shown and counted instead.",
  poll_interval: polling,
  poll_jitter: polling,
  env_keep: "a server never inherits the hub's environment. Use “environment”.",
};
