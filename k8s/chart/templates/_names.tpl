{{/* Names are fixed, as z2jh's are: one Berth a namespace. */}}
{{- define "berth.labels" -}}
app.kubernetes.io/name: berth
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | quote }}
{{- end }}

{{- define "berth.selector" -}}
app.kubernetes.io/name: berth
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
{{- end }}

{{- define "berth.image" -}}
{{ printf "%s:%s" .Values.image.name (.Values.image.tag | default .Chart.AppVersion) }}
{{- end }}

{{- define "berth.secretName" -}}
{{ .Values.hub.existingSecret | default "berth-keys" }}
{{- end }}

{{- define "berth.hubAccount" -}}
{{ .Values.hub.serviceAccount.name | default "hub" }}
{{- end }}

{{/* Where servers live when all share one namespace. */}}
{{- define "berth.serversNamespace" -}}
{{ dig "kubernetes" "namespace" .Release.Namespace (.Values.spawner | default dict) }}
{{- end }}

{{- define "berth.manyNamespaces" -}}
{{- if dig "kubernetes" "namespaceTemplate" "" (.Values.spawner | default dict) }}true{{ end -}}
{{- end }}

{{/* Whether the chart's own PostgreSQL is used: not once another database is named. */}}
{{- define "berth.ownDatabase" -}}
{{- $db := .Values.hub.db -}}
{{- if and .Values.postgresql.enabled (not $db.existingSecret) (not (get $db "url")) (not (get $db "urlFile")) }}true{{ end -}}
{{- end }}
