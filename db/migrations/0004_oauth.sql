ALTER TABLE "tokens" ADD COLUMN "kind" text DEFAULT 'user' NOT NULL;--> statement-breakpoint
ALTER TABLE "tokens" ADD COLUMN "generation" integer;--> statement-breakpoint
ALTER TABLE "tokens" ADD COLUMN "session_id" uuid;--> statement-breakpoint
ALTER TABLE "tokens" ADD COLUMN "code_hash" text;--> statement-breakpoint
CREATE INDEX "tokens_server" ON "tokens" USING btree ("server_id");--> statement-breakpoint
CREATE INDEX "tokens_code" ON "tokens" USING btree ("code_hash") WHERE "tokens"."code_hash" is not null;