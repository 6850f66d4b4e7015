"use client";

import { Button } from "#app/_components/button.tsx";
import { Dialog, DialogButtons } from "#app/_components/dialog.tsx";
import { SubmitButton } from "#app/_components/submit-button.tsx";
import { t } from "#app/_text/t.ts";
import type { GroupView, MemberRow } from "#server/api/group-views.ts";
import { LimitFields } from "./limit-fields.tsx";
import { limitValuesOf, useLimitsSaving } from "./use-limits-saving.ts";

type Props = {
  readonly member: MemberRow;
  readonly group: GroupView;
  readonly open: boolean;
  onClose(): void;
};

/** One member's own limits; an empty field is what holds for everybody. A question about what they have already stands in the dialog itself. */
export function OwnLimits({ member, group, open, onClose }: Props) {
  const { saving, asking, setAsking } = useLimitsSaving(group.name, member.name);
  const close = () => {
    saving.reset();
    setAsking(null);
    onClose();
  };
  const save = (form: FormData, confirm: boolean) =>
    saving.mutate({ values: limitValuesOf(form), confirm }, { onSuccess: (question) => question === null && close() });
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && close()}
      title={t("limits.own.title", { name: member.name })}
      description={t("limits.own.text")}
    >
      <form
        className="space-y-4"
        onChange={() => setAsking(null)}
        onSubmit={(event) => {
          event.preventDefault();
          save(new FormData(event.currentTarget), asking !== null);
        }}
      >
        <LimitFields limits={member.limits} usual={group.memberLimits} error={saving.error} />
        {asking !== null && (
          <p role="alert" className="text-sm text-danger">
            {asking.message}
          </p>
        )}
        <DialogButtons>
          <Button onClick={close}>{t("cancel")}</Button>
          <SubmitButton look="primary" disabled={saving.isPending}>
            {asking === null ? t("group.save") : t("limits.own.confirm")}
          </SubmitButton>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
