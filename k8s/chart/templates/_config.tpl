{{/* berth.yaml of each role: what the values say, without the keys that are only the chart's, and with what the chart's objects decide. */}}
{{- define "berth.podKeys" -}}
replicas resources nodeSelector tolerations affinity topologySpreadConstraints extraEnv extraVolumes extraVolumeMounts podSecurityContext containerSecurityContext annotations labels priorityClassName pdb networkPolicy
{{- end }}

{{- define "berth.without" -}}
{{- $kept := deepCopy .of -}}
{{- range .keys }}{{ $_ := unset $kept . }}{{ end -}}
{{- toYaml $kept -}}
{{- end }}

{{- define "berth.edgeSettings" -}}
{{- include "berth.without" (dict "of" .Values.edge "keys" (splitList " " (include "berth.podKeys" .))) -}}
{{- end }}

{{- define "berth.hubConfig" -}}
{{- $podKeys := splitList " " (include "berth.podKeys" .) -}}
{{- $hub := include "berth.without" (dict "of" .Values.hub "keys" (concat $podKeys (list "existingSecret" "serviceAccount" "db" "maintenance"))) | fromYaml -}}
{{- $db := omit .Values.hub.db "existingSecret" "existingSecretKey" -}}
{{- if $db }}{{ $_ := set $hub "db" $db }}{{ end -}}
{{- $_ := set $hub "apiListen" "0.0.0.0:8081" -}}
{{- $_ := set $hub "signingKeyFile" "/etc/berth/keys/signing-key" -}}
{{- $_ := set $hub "internal" (dict "listen" "0.0.0.0:8444" "edgeKeyFile" "/etc/berth/keys/edge-key" "webKeyFile" "/etc/berth/keys/web-key") -}}
{{- $singleuser := include "berth.singleuser" . | fromYaml -}}
{{- $spawner := deepCopy (.Values.spawner | default dict) -}}
{{- $_ := set $spawner "type" "kubernetes" -}}
{{- $config := dict "hub" $hub "spawner" $spawner "singleuser" $singleuser "proxy" (include "berth.proxySettings" . | fromYaml) -}}
{{- $edge := include "berth.edgeSettings" . | fromYaml -}}
{{- if $edge }}{{ $_ := set $config "edge" $edge }}{{ end -}}
{{- range $section := list "portal" "auth" "groups" "cull" "custom" -}}
{{- with get $.Values $section }}{{ $_ := set $config $section . }}{{ end -}}
{{- end -}}
{{- toYaml $config -}}
{{- end }}

{{/*
  What a hub takes over while it runs (server/config/reload.ts): the rest is a new pod. The Secret reaches the pods by itself, within about a
  minute.
*/}}
{{- define "berth.hubRestartConfig" -}}
{{- $config := omit (include "berth.hubConfig" . | fromYaml) "singleuser" "groups" "custom" -}}
{{- $taken := list "allowNamedServers" "namedServerLimitPerUser" "activeServerLimit" "shutdownOnLogout" "sessionSeconds" "loadRoles" -}}
{{- $_ := set $config "hub" (include "berth.without" (dict "of" $config.hub "keys" $taken) | fromYaml) -}}
{{- $_ := set $config "cull" (pick (.Values.cull | default dict) "enabled" "notice" "concurrency") -}}
{{- toYaml $config -}}
{{- end }}

{{/* Edge and web get no database, no login secrets and no profiles: only what they serve by. */}}
{{- define "berth.outerConfig" -}}
{{- $hub := pick .Values.hub "publicUrl" "allowInsecure" "subdomainHost" "shutdownGraceSeconds" "trustedUsers" -}}
{{- $_ := set $hub "internal" (dict (printf "%sKeyFile" .role) (printf "/etc/berth/keys/%s-key" .role)) -}}
{{- $config := dict "hub" $hub -}}
{{- with .Values.portal }}{{ $_ := set $config "portal" . }}{{ end -}}
{{- if eq .role "edge" -}}
{{- $_ := set $config "proxy" (include "berth.proxySettings" . | fromYaml) -}}
{{- $edge := include "berth.edgeSettings" . | fromYaml -}}
{{- if $edge }}{{ $_ := set $config "edge" $edge }}{{ end -}}
{{- with pick (.Values.cull | default dict) "notice" }}{{ $_ := set $config "cull" . }}{{ end -}}
{{- else -}}
{{- $_ := set $config "proxy" (dict "webConnectUrl" "0.0.0.0:8082") -}}
{{- end -}}
{{- toYaml $config -}}
{{- end }}

{{- define "berth.proxySettings" -}}
{{- toYaml (merge (dict "listen" "0.0.0.0:8000") (omit .Values.proxy "service")) -}}
{{- end }}

{{/* Servers go where users' nodes are, by z2jh's labels and taints, beside what singleuser itself says. */}}
{{- define "berth.singleuser" -}}
{{- $s := deepCopy (.Values.singleuser | default dict) -}}
{{- $user := .Values.scheduling.userPods -}}
{{- $_ := set $s "extraTolerations" (concat $user.tolerations (get $s "extraTolerations" | default list)) -}}
{{- if ne $user.nodeAffinity "ignore" -}}
{{- $term := dict "matchExpressions" (list (dict "key" "hub.jupyter.org/node-purpose" "operator" "In" "values" (list "user"))) -}}
{{- $affinity := get $s "extraNodeAffinity" | default dict -}}
{{- if eq $user.nodeAffinity "require" -}}
{{- $_ := set $affinity "required" (append (get $affinity "required" | default list) $term) -}}
{{- else -}}
{{- $_ := set $affinity "preferred" (append (get $affinity "preferred" | default list) (dict "weight" 100 "preference" $term)) -}}
{{- end -}}
{{- $_ := set $s "extraNodeAffinity" $affinity -}}
{{- end -}}
{{- $pod := get $s "extraPodConfig" | default dict -}}
{{- if .Values.scheduling.podPriority.enabled }}{{ $pod = merge $pod (dict "priorityClassName" (printf "%s-berth-servers" .Release.Name)) }}{{ end -}}
{{- with .Values.scheduling.schedulerName }}{{ $pod = merge $pod (dict "schedulerName" .) }}{{ end -}}
{{- if $pod }}{{ $_ := set $s "extraPodConfig" $pod }}{{ end -}}
{{- toYaml $s -}}
{{- end }}
