"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "#app/_components/button.tsx";
import { Dialog, DialogButtons } from "#app/_components/dialog.tsx";
import { MenuItem, MoreMenu } from "#app/_components/menu.tsx";
import { PhaseBadge } from "#app/_components/phase-badge.tsx";
import { Problem, problemText } from "#app/_components/problem.tsx";
import { Cell } from "#app/_components/table.tsx";
import { Ago } from "#app/_components/time.tsx";
import { bytesText } from "#app/_format/amount.ts";
import { t } from "#app/_text/t.ts";
import { useTRPC } from "#app/_trpc/client.tsx";
import type { GroupView, MemberRow } from "#server/api/group-views.ts";
import { OwnLimits } from "./own-limits.tsx";
import { useRefreshed } from "./use-refreshed.ts";

type Props = { readonly member: MemberRow; readonly group: GroupView };

export function MemberLine({ member, group }: Props) {
  return (
    <tr>
      <Cell className="min-w-32 align-top font-medium">
        {member.name}
        {member.role === "manager" && <Tag>{t("members.manager")}</Tag>}
        {member.disabledAt !== null && <Tag>{t("users.disabled")}</Tag>}
      </Cell>
      <Cell className="space-y-1.5 align-top">
        {member.servers.length === 0 ? "–" : null}
        {member.servers.map((server) => (
          <MemberServer key={server.id} owner={member.name} server={server} group={group.name} />
        ))}
      </Cell>
      <Cell wide className="align-top">
        {member.homes.length === 0 ? "–" : null}
        {member.homes.map((home) => (
          <p key={home.id}>
            {home.usedBytes === null
              ? t("members.home.unknown", { capacity: bytesText(home.capacityBytes) })
              : t("members.home", { used: bytesText(home.usedBytes), capacity: bytesText(home.capacityBytes) })}
          </p>
        ))}
      </Cell>
      <Cell wide className="align-top whitespace-nowrap">
        {member.lastActivityAt === null ? t("never") : <Ago date={member.lastActivityAt} />}
      </Cell>
      <Cell className="text-right align-top">
        <MemberMenu member={member} group={group} />
      </Cell>
    </tr>
  );
}

function Tag({ children }: { readonly children: string }) {
  return <span className="ml-2 rounded-full bg-sunken px-2 py-0.5 text-xs font-medium text-muted">{children}</span>;
}

type ServerProps = {
  readonly owner: string;
  readonly server: MemberRow["servers"][number];
  readonly group: string;
};

/** Start and stop for servers that count here; one that counts elsewhere is its other group's to run. */
function MemberServer({ owner, server, group }: ServerProps) {
  const trpc = useTRPC();
  const onSuccess = useRefreshed(group);
  const start = useMutation(trpc.servers.startAgain.mutationOptions({ onSuccess }));
  const stop = useMutation(trpc.servers.stop.mutationOptions({ onSuccess }));
  const input = { user: owner, name: server.name };
  const title = server.name === "" ? t("server.default") : server.name;
  const isResting = server.phase === "stopped" || server.phase === "failed";
  const error = start.error ?? stop.error;
  const does = isResting ? "start" : "stop";
  const busy = start.isPending || stop.isPending || server.phase === "stopping";
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <span>{title}</span>
      <PhaseBadge phase={server.phase} />
      {server.countsHere ? (
        <Button
          size="small"
          disabled={busy}
          aria-label={t(`members.${does}`, { server: title, name: owner })}
          onClick={() => (isResting ? start : stop).mutate(input)}
        >
          {t(`server.${does}`)}
        </Button>
      ) : (
        <span className="text-xs text-muted">{t("members.elsewhere")}</span>
      )}
      {error !== null && (
        <p role="alert" className="w-full max-w-56 text-sm text-danger">
          {problemText(error)}
        </p>
      )}
    </div>
  );
}

function MemberMenu({ member, group }: Props) {
  const trpc = useTRPC();
  const [leaving, setLeaving] = useState(false);
  const [limiting, setLimiting] = useState(false);
  const refresh = useRefreshed(group.name);
  const setRole = useMutation(trpc.groups.setRole.mutationOptions({ onSuccess: refresh }));
  const remove = useMutation(
    trpc.groups.removeMembers.mutationOptions({
      onSuccess: async () => {
        setLeaving(false);
        await refresh();
      },
    }),
  );
  const role = member.role === "manager" ? "member" : "manager";
  const mayRemove = group.may.changeMembers && !group.managed;
  if (!group.may.changeMembers && !group.may.administer) return null;
  return (
    <>
      <MoreMenu label={t("members.more", { name: member.name })}>
        {group.may.administer && (
          <MenuItem onSelect={() => setRole.mutate({ group: group.name, user: member.name, role })}>
            {t(role === "manager" ? "members.makeManager" : "members.makeMember")}
          </MenuItem>
        )}
        {group.may.changeMembers && <MenuItem onSelect={() => setLimiting(true)}>{t("members.limits")}</MenuItem>}
        {mayRemove && (
          <MenuItem danger onSelect={() => setLeaving(true)}>
            {t("members.remove")}
          </MenuItem>
        )}
      </MoreMenu>
      {setRole.error !== null && (
        <p role="alert" className="max-w-40 text-left text-sm text-danger">
          {problemText(setRole.error)}
        </p>
      )}
      <OwnLimits member={member} group={group} open={limiting} onClose={() => setLimiting(false)} />
      <Dialog
        open={leaving}
        onOpenChange={setLeaving}
        title={t("members.remove.title", { name: member.name, group: group.name })}
        description={t("members.remove.text")}
      >
        {remove.error !== null && <Problem error={remove.error} />}
        <DialogButtons>
          <Button onClick={() => setLeaving(false)}>{t("cancel")}</Button>
          <Button
            look="danger"
            disabled={remove.isPending}
            onClick={() => remove.mutate({ group: group.name, users: [member.name] })}
          >
            {t("members.remove.submit")}
          </Button>
        </DialogButtons>
      </Dialog>
    </>
  );
}
