{{/* The pod of one role. Arguments: root, role, ports, probes. The rest is in the role's own values. */}}
{{- define "berth.podSecurity" -}}
{{- toYaml (mergeOverwrite (dict "runAsNonRoot" true "runAsUser" 65532 "runAsGroup" 65532 "fsGroup" 65532 "seccompProfile" (dict "type" "RuntimeDefault")) (.podSecurityContext | default dict)) -}}
{{- end }}

{{- define "berth.containerSecurity" -}}
{{- toYaml (mergeOverwrite (dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "capabilities" (dict "drop" (list "ALL"))) (.containerSecurityContext | default dict)) -}}
{{- end }}

{{- define "berth.env" -}}
{{- if kindIs "map" . -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- else if . }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "berth.coreAffinity" -}}
{{- $root := .root -}}
{{- if .values.affinity }}
affinity: {{- toYaml .values.affinity | nindent 2 }}
{{- else if ne $root.Values.scheduling.corePods.nodeAffinity "ignore" }}
affinity:
  nodeAffinity:
    {{- if eq $root.Values.scheduling.corePods.nodeAffinity "require" }}
    requiredDuringSchedulingIgnoredDuringExecution:
      nodeSelectorTerms:
        - matchExpressions: [{ key: hub.jupyter.org/node-purpose, operator: In, values: [core] }]
    {{- else }}
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        preference:
          matchExpressions: [{ key: hub.jupyter.org/node-purpose, operator: In, values: [core] }]
    {{- end }}
{{- end }}
{{- end }}

{{- define "berth.databaseEnv" -}}
{{- $db := .Values.hub.db -}}
{{- if $db.existingSecret }}
- name: BERTH_HUB_DB_URL
  valueFrom: { secretKeyRef: { name: {{ $db.existingSecret | quote }}, key: {{ $db.existingSecretKey | quote }} } }
{{- else if include "berth.ownDatabase" . }}
- name: POSTGRES_PASSWORD
  valueFrom: { secretKeyRef: { name: berth-postgres, key: password } }
- name: BERTH_HUB_DB_URL
  value: {{ if eq .Values.serviceDiscovery "dns" }}postgresql://berth:$(POSTGRES_PASSWORD)@postgres:5432/berth{{ else }}postgresql://berth:$(POSTGRES_PASSWORD)@$(POSTGRES_SERVICE_HOST):5432/berth{{ end }}
{{- end }}
{{- end }}

{{- define "berth.hubUrls" -}}
{{- $host := ternary "hub" "$(HUB_SERVICE_HOST)" (eq .Values.serviceDiscovery "dns") }}
- name: BERTH_HUB_CONNECT_URL
  value: {{ ternary "http://hub-internal:8444" "http://$(HUB_INTERNAL_SERVICE_HOST):8444" (eq .Values.serviceDiscovery "dns") | quote }}
- name: BERTH_HUB_API_CONNECT_URL
  value: {{ printf "http://%s:8081" $host | quote }}
{{- end }}

{{- define "berth.deployment" -}}
{{- $root := .root -}}
{{- $role := .role -}}
{{- $values := index $root.Values $role -}}
{{- $labels := dict "root" $root "component" $role -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $role }}
  labels: {{- include "berth.labels" $labels | nindent 4 }}
spec:
  replicas: {{ ternary 1 $values.replicas (eq true .maintenance) }}
  revisionHistoryLimit: 5
  strategy: { type: RollingUpdate, rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }
  selector:
    matchLabels: {{- include "berth.selector" $labels | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "berth.labels" $labels | nindent 8 }}
        {{- with $values.labels }}{{ toYaml . | nindent 8 }}{{ end }}
      annotations:
        # What a running pod can't take over is a new pod.
        berth.dev/config: {{ .config | sha256sum }}
        {{- with $values.annotations }}{{ toYaml . | nindent 8 }}{{ end }}
    spec:
      {{- if eq $role "hub" }}
      serviceAccountName: {{ include "berth.hubAccount" $root }}
      automountServiceAccountToken: true
      {{- else }}
      serviceAccountName: berth-none
      automountServiceAccountToken: false
      {{- end }}
      enableServiceLinks: true
      terminationGracePeriodSeconds: {{ .graceSeconds }}
      {{- with $root.Values.imagePullSecrets }}
      imagePullSecrets: {{- range . }}
        - name: {{ . | quote }}
      {{- end }}
      {{- end }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . | quote }}
      {{- end }}
      securityContext: {{- include "berth.podSecurity" $values | nindent 8 }}
      {{- with $values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      tolerations: {{- toYaml (concat $root.Values.scheduling.corePods.tolerations $values.tolerations) | nindent 8 }}
      {{- include "berth.coreAffinity" (dict "root" $root "values" $values) | nindent 6 }}
      topologySpreadConstraints:
        {{- if $values.topologySpreadConstraints }}
        {{- toYaml $values.topologySpreadConstraints | nindent 8 }}
        {{- else }}
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "berth.selector" $labels | nindent 14 }}
        {{- end }}
      containers:
        - name: {{ $role }}
          image: {{ include "berth.image" $root | quote }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          {{- if .maintenance }}
          command: [/usr/local/bin/node, -e, "process.on('SIGTERM', () => process.exit()); setInterval(() => {}, 1e9)"]
          {{- else }}
          args: [serve, --role, {{ $role }}]
          {{- end }}
          env:
            - { name: BERTH_CONFIG, value: /etc/berth/config/berth.yaml }
            - { name: BERTH_HOME, value: /var/lib/berth }
            {{- .env | nindent 12 }}
            {{- include "berth.env" $values.extraEnv | nindent 12 }}
          ports: {{- toYaml .ports | nindent 12 }}
          {{- if not .maintenance }}
          startupProbe: {{- toYaml (merge (dict "periodSeconds" 2 "failureThreshold" 90 "timeoutSeconds" 3) .live) | nindent 12 }}
          readinessProbe: {{- toYaml (merge (dict "periodSeconds" 5 "failureThreshold" 2 "timeoutSeconds" 3) .ready) | nindent 12 }}
          livenessProbe: {{- toYaml (merge (dict "periodSeconds" 10 "failureThreshold" 6 "timeoutSeconds" 5) .live) | nindent 12 }}
          # Services forget a pod a moment after it is told to end: until then it goes on answering. The image has no shell.
          lifecycle: { preStop: { exec: { command: [/usr/local/bin/node, -e, "setTimeout(() => {}, 5000)"] } } }
          {{- end }}
          resources: {{- toYaml $values.resources | nindent 12 }}
          securityContext: {{- include "berth.containerSecurity" $values | nindent 12 }}
          volumeMounts:
            - { name: config, mountPath: /etc/berth/config, readOnly: true }
            - { name: keys, mountPath: /etc/berth/keys, readOnly: true }
            - { name: home, mountPath: /var/lib/berth }
            - { name: tmp, mountPath: /tmp }
            {{- with $values.extraVolumeMounts }}{{ toYaml . | nindent 12 }}{{ end }}
      volumes:
        - name: config
          secret: { secretName: {{ printf "%s-config" $role }}, defaultMode: 288 }
        - name: keys
          secret:
            secretName: {{ include "berth.secretName" $root }}
            # 0440: read through fsGroup. Each role gets its own keys and no other's.
            defaultMode: 288
            items:
              {{- range .keys }}
              - { key: {{ . }}, path: {{ . }} }
              {{- end }}
        - { name: home, emptyDir: { sizeLimit: 256Mi } }
        - { name: tmp, emptyDir: { sizeLimit: 256Mi } }
        {{- with $values.extraVolumes }}{{ toYaml . | nindent 8 }}{{ end }}
{{- end }}
