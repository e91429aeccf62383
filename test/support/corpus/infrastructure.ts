/** Plans of infrastructure, clusters, clouds, patches. */
import type { CorpusCase } from "./corpus-case.ts";

const PLAN = `Terraform will perform the following actions:

  # aws_db_instance.main will be destroyed
  - resource "aws_db_instance" "main" {
      - allocated_storage = 100 -> null
    }

Plan: 0 to add, 1 to change, 3 to destroy.`;

const MANIFEST = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: { app: web }
spec:
  replicas: 3
  template:
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1.42.0
          # Raised after the incident.
          resources:
            limits:
              memory: 512Mi`;

const PATCH = `diff --git a/src/limits.ts b/src/limits.ts
--- a/src/limits.ts
+++ b/src/limits.ts
@@ -1,4 +1,4 @@
 export const LIMITS = {
-  perMinute: 60,
+  perMinute: 600,
   perDay: 10_000,
 };`;

export const INFRASTRUCTURE: readonly CorpusCase[] = [
  {
    name: "a plan as text",
    action: "Apply the plan",
    payload: { workspace: "staging", plan: PLAN },
    strip: ["! Destroys what is there: # aws_db_instance.main will be destroyed in plan", "! Destroys what is there: 3 to destroy in plan"],
  },
  {
    name: "a plan as JSON",
    action: "Apply the plan",
    payload: {
      resource_changes: [
        { address: "aws_s3_bucket.logs", change: { actions: ["delete"], after: null } },
        { address: "aws_instance.web", change: { actions: ["update"] } },
      ],
    },
    strip: ["! Destroys what is there: delete in actions 1"],
  },
  {
    name: "a plan that only adds",
    action: "Apply the plan",
    payload: { workspace: "staging", plan: "Plan: 2 to add, 1 to change, 0 to destroy." },
    strip: [],
  },
  {
    name: "a pod with all rights",
    action: "Patch daemonset node-agent",
    payload: {
      namespace: "kube-system",
      patch: { spec: { hostNetwork: true, containers: [{ name: "agent", securityContext: { privileged: true } }] } },
    },
    strip: ["! Runs with all rights of its machine: true in privileged", "Shares its machine’s network or processes: true in hostNetwork"],
  },
  {
    name: "a JSON patch",
    action: "Patch deployment web",
    payload: {
      namespace: "web",
      patch: [
        { op: "remove", path: "/spec/template/spec/containers/0/livenessProbe" },
        { op: "replace", path: "/spec/replicas", value: 2 },
      ],
    },
    strip: ["Removes a member: remove in op"],
  },
  {
    name: "scaled to nothing",
    action: "Scale web",
    payload: { cluster: "production-eu", kind: "Deployment", name: "web", replicas: 0, before: { replicas: 3 }, after: { replicas: 0 } },
    strip: ["Stops every instance: 0 in replicas", "Production: production-eu in cluster"],
  },
  {
    name: "a manifest",
    action: "Apply deployment web",
    payload: { namespace: "web", manifest: MANIFEST },
    strip: [],
  },
  {
    name: "open to the world",
    action: "Change security group",
    payload: { group: "sg-1", ingress: [{ port: 22, cidr: "0.0.0.0/0" }] },
    strip: ["! Open to the whole internet: 0.0.0.0/0 in cidr"],
  },
  {
    name: "all rights",
    action: "Attach policy",
    payload: { role: "ci", policy: { Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] } },
    strip: ["! Allows everything: * in Action"],
  },
  {
    name: "a patch of code",
    action: "Open pull request",
    payload: { repository: "acme/api", branch: "limits", diff: PATCH },
    strip: [],
  },
  {
    name: "everything deleted over an API",
    action: "delete_messages",
    payload: { mailbox: "support", filter: {} },
    strip: ["! Deletes, without a condition in filter"],
  },
];
