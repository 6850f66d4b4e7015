CREATE TABLE "announcement_dismissals" (
	"announcement_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	CONSTRAINT "announcement_dismissals_announcement_id_user_id_pk" PRIMARY KEY("announcement_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "announcements" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"message" text NOT NULL,
	"severity" text DEFAULT 'info' NOT NULL,
	"group_id" uuid,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone,
	"dismissible" boolean DEFAULT true NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "group_requests" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"group_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"message" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"decision" text DEFAULT 'waiting' NOT NULL,
	"decided_at" timestamp with time zone,
	"decided_by" text,
	"answer" text DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "namespaces" (
	"name" text PRIMARY KEY NOT NULL,
	"group_id" uuid,
	"user_id" uuid,
	"missing" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"checked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "reservations" (
	"server_id" uuid PRIMARY KEY NOT NULL,
	"group_id" uuid,
	"user_id" uuid NOT NULL,
	"generation" integer NOT NULL,
	"cpu_request_millicores" integer NOT NULL,
	"cpu_limit_millicores" integer NOT NULL,
	"memory_request_bytes" bigint NOT NULL,
	"memory_limit_bytes" bigint NOT NULL,
	"gpus" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "groups" DROP CONSTRAINT "groups_name_unique";--> statement-breakpoint
ALTER TABLE "server_runs" DROP CONSTRAINT "server_runs_server_id_servers_id_fk";
--> statement-breakpoint
ALTER TABLE "access_grants" ADD COLUMN "ended_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "group_members" ADD COLUMN "limits" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "group_members" ADD COLUMN "added_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "groups" ADD COLUMN "description" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "groups" ADD COLUMN "namespace" text;--> statement-breakpoint
ALTER TABLE "groups" ADD COLUMN "ceiling" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "groups" ADD COLUMN "quota" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "groups" ADD COLUMN "member_limits" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "groups" ADD COLUMN "budget" jsonb;--> statement-breakpoint
ALTER TABLE "groups" ADD COLUMN "cull" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "groups" ADD COLUMN "shared_volume" jsonb;--> statement-breakpoint
ALTER TABLE "groups" ADD COLUMN "deleted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "groups" ADD COLUMN "undo_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "homes" ADD COLUMN "group_id" uuid;--> statement-breakpoint
ALTER TABLE "homes" ADD COLUMN "used_bytes" bigint;--> statement-breakpoint
ALTER TABLE "homes" ADD COLUMN "used_seen_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "homes" ADD COLUMN "orphaned_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "homes" ADD COLUMN "deleted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "homes" ADD COLUMN "remove_after" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "homes" ADD COLUMN "removed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "identities" ADD COLUMN "refresh_token" text;--> statement-breakpoint
ALTER TABLE "identities" ADD COLUMN "refreshed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "server_runs" ADD COLUMN "group_id" uuid;--> statement-breakpoint
ALTER TABLE "server_runs" ADD COLUMN "gpus" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "server_runs" ADD COLUMN "started_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "server_runs" ADD COLUMN "finished_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "server_runs" ADD COLUMN "last_seen_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "server_runs" ADD COLUMN "times_from" text DEFAULT 'observation' NOT NULL;--> statement-breakpoint
ALTER TABLE "servers" ADD COLUMN "group_id" uuid;--> statement-breakpoint
ALTER TABLE "servers" ADD COLUMN "keep_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "servers" ADD COLUMN "stop_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "servers" ADD COLUMN "stop_why" text;--> statement-breakpoint
ALTER TABLE "servers" ADD COLUMN "last_stop" jsonb;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "cull" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "announcement_dismissals" ADD CONSTRAINT "announcement_dismissals_announcement_id_announcements_id_fk" FOREIGN KEY ("announcement_id") REFERENCES "public"."announcements"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "announcement_dismissals" ADD CONSTRAINT "announcement_dismissals_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "announcements" ADD CONSTRAINT "announcements_group_id_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."groups"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_requests" ADD CONSTRAINT "group_requests_group_id_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."groups"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_requests" ADD CONSTRAINT "group_requests_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "namespaces" ADD CONSTRAINT "namespaces_group_id_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."groups"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "namespaces" ADD CONSTRAINT "namespaces_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reservations" ADD CONSTRAINT "reservations_server_id_servers_id_fk" FOREIGN KEY ("server_id") REFERENCES "public"."servers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reservations" ADD CONSTRAINT "reservations_group_id_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."groups"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "announcements_time" ON "announcements" USING btree ("starts_at","ends_at");--> statement-breakpoint
CREATE INDEX "group_requests_group" ON "group_requests" USING btree ("group_id","decision","created_at");--> statement-breakpoint
CREATE INDEX "group_requests_user" ON "group_requests" USING btree ("user_id","created_at");--> statement-breakpoint
CREATE INDEX "reservations_group" ON "reservations" USING btree ("group_id");--> statement-breakpoint
CREATE INDEX "reservations_user" ON "reservations" USING btree ("user_id");--> statement-breakpoint
ALTER TABLE "homes" ADD CONSTRAINT "homes_group_id_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."groups"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "servers" ADD CONSTRAINT "servers_group_id_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."groups"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "access_grants_user" ON "access_grants" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "audit_actor" ON "audit" USING btree ("actor_name","id");--> statement-breakpoint
CREATE INDEX "audit_action" ON "audit" USING btree ("action","id");--> statement-breakpoint
CREATE UNIQUE INDEX "groups_name" ON "groups" USING btree ("name") WHERE "groups"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "groups_name_prefix" ON "groups" USING btree ("name" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "homes_group" ON "homes" USING btree ("group_id");--> statement-breakpoint
CREATE INDEX "server_runs_group" ON "server_runs" USING btree ("group_id","started_at");--> statement-breakpoint
CREATE INDEX "server_runs_user" ON "server_runs" USING btree ("user_id","started_at");--> statement-breakpoint
CREATE INDEX "server_runs_open" ON "server_runs" USING btree ("server_id") WHERE "server_runs"."finished_at" is null;--> statement-breakpoint
CREATE INDEX "servers_group" ON "servers" USING btree ("group_id");--> statement-breakpoint
ALTER TABLE "groups" ADD CONSTRAINT "groups_namespace_unique" UNIQUE("namespace");