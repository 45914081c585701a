{{/* The release's name, with the chart's in it: the alerts on processes that are down look for `undertone` in the job's name. */}}
{{- define "undertone.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What the pods of a release have in common; never changes, since selectors cannot. */}}
{{- define "undertone.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "undertone.labels" -}}
{{ include "undertone.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "undertone.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "undertone.serviceAccount" -}}
{{ default (include "undertone.fullname" .) .Values.serviceAccount.name }}
{{- end -}}

{{/* The StatefulSets to make, as JSON: what each is called, which role it has, and where its values stand. */}}
{{- define "undertone.stages" -}}
{{- $name := include "undertone.fullname" . -}}
{{- if eq .Values.stages "together" -}}
{{- list (dict "name" $name "stage" "together" "role" "" "values" .Values.together) | toJson -}}
{{- else -}}
{{- list (dict "name" (printf "%s-enrich" $name) "stage" "enrich" "role" "enrich" "values" .Values.enrich) (dict "name" (printf "%s-repute" $name) "stage" "repute" "role" "repute" "values" .Values.repute) | toJson -}}
{{- end -}}
{{- end -}}

{{/* Files of the configuration folder. */}}
{{- define "undertone.config" -}}
undertone.toml: |
{{ tpl (required "config: the text of undertone.toml is missing" .Values.config) . | trim | indent 2 }}
watchlist.toml: |
{{ required "watchlist: the text of watchlist.toml is missing" .Values.watchlist | trim | indent 2 }}
{{- range $file, $text := .Values.mappings }}
{{ $file }}: |
{{ $text | trim | indent 2 }}
{{- end }}
{{- end -}}

{{- define "undertone.environment" -}}
# The pod's name stays the same when it starts again: it is the name of the instance.
- name: UNDERTONE_INSTANCE
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: UNDERTONE_CONFIG
  value: /etc/undertone/undertone.toml
{{- range .Values.secrets }}
- name: {{ .name }}
  valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ .key }}}}
{{- end }}
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "undertone.mounts" -}}
- name: config
  mountPath: /etc/undertone
  readOnly: true
{{- range $index, $one := .Values.secretFiles }}
- name: secret-{{ $index }}
  mountPath: {{ $one.path }}
  readOnly: true
{{- end }}
{{- end -}}

{{- define "undertone.secretVolumes" -}}
{{- range $index, $one := .Values.secretFiles }}
- name: secret-{{ $index }}
  secret: {secretName: {{ $one.secret }}, defaultMode: 0440}
{{- end }}
{{- end -}}

{{- define "undertone.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "undertone.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}
