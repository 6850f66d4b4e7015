"use client";

import type { ReactNode } from "react";
import { t } from "#app/_text/t.ts";
import type { CsvProblem } from "#server/api/group-views.ts";
import { Button } from "./button.tsx";
import { Dialog, DialogButtons } from "./dialog.tsx";
import { TextField } from "./field.tsx";
import { Notice } from "./notice.tsx";
import { Problem } from "./problem.tsx";

type Props = {
  readonly open: boolean;
  readonly text: string;
  readonly busy: boolean;
  readonly error: unknown;
  /** What was done; null while it isn't. */
  readonly done: ReactNode;
  readonly preview: ReactNode;
  readonly children?: ReactNode;
  onFile(text: string): void;
  /** Null: nothing to look at, or nothing to do, yet. */
  readonly onCheck: (() => void) | null;
  readonly onApply: (() => void) | null;
  onClose(): void;
};

/** A file, what it would change, and only then the change. */
export function CsvDialog(props: Props) {
  const { open, text, busy, error, done, preview, children, onFile, onCheck, onApply, onClose } = props;
  if (done !== null)
    return (
      <Dialog open={open} onOpenChange={(to) => !to && onClose()} title={t("csv.import")} description="">
        <Notice kind="ok" live>
          {done}
        </Notice>
        <DialogButtons>
          <Button look="primary" onClick={onClose}>
            {t("done")}
          </Button>
        </DialogButtons>
      </Dialog>
    );
  return (
    <Dialog open={open} onOpenChange={(to) => !to && onClose()} title={t("csv.import")} description={text}>
      <TextField
        label={t("csv.file")}
        type="file"
        accept=".csv,text/csv,text/plain"
        className="py-2"
        onChange={(event) => void event.target.files?.[0]?.text().then(onFile)}
      />
      {children}
      {error !== null && <Problem error={error} />}
      {preview}
      <DialogButtons>
        <Button onClick={onClose}>{t("cancel")}</Button>
        {onApply === null ? (
          <Button look="primary" disabled={busy || onCheck === null} onClick={() => onCheck?.()}>
            {t("csv.check")}
          </Button>
        ) : (
          <Button look="primary" disabled={busy} onClick={onApply}>
            {t("csv.apply")}
          </Button>
        )}
      </DialogButtons>
    </Dialog>
  );
}

const linesShown = 50;

type ListProps = {
  readonly changes: readonly string[];
  readonly unchanged: number;
  readonly problems: readonly CsvProblem[];
};

export function CsvPreviewList({ changes, unchanged, problems }: ListProps) {
  const lines = problems.length > 0 ? problems.map((problem) => t("csv.problem", problem)) : changes;
  return (
    <div role="status" className="space-y-2 text-sm">
      {problems.length === 0 && (
        <p>{changes.length === 0 ? t("csv.nothing") : t("csv.changes", { changes: changes.length, unchanged })}</p>
      )}
      <ul className={problems.length > 0 ? "space-y-1 text-danger" : "space-y-1"}>
        {lines.slice(0, linesShown).map((line) => (
          <li key={line}>{line}</li>
        ))}
        {lines.length > linesShown && <li>{t("csv.rest", { count: lines.length - linesShown })}</li>}
      </ul>
    </div>
  );
}
