DROP INDEX "server_runs_group";--> statement-breakpoint
DROP INDEX "server_runs_user";--> statement-breakpoint
CREATE INDEX "server_runs_finished" ON "server_runs" USING btree ("finished_at");--> statement-breakpoint
CREATE INDEX "server_runs_group" ON "server_runs" USING btree ("group_id","finished_at");--> statement-breakpoint
CREATE INDEX "server_runs_user" ON "server_runs" USING btree ("user_id","finished_at");