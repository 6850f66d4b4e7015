import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";

const looks = {
  info: { className: "bg-wait-soft text-wait", Icon: Info },
  ok: { className: "bg-ok-soft text-ok", Icon: CircleCheck },
  warn: { className: "bg-warn-soft text-warn", Icon: TriangleAlert },
  danger: { className: "bg-danger-soft text-danger", Icon: CircleAlert },
} as const;

type Props = { readonly kind: keyof typeof looks; readonly children: ReactNode; readonly live?: boolean };

/** `live`: it appears while somebody looks at the page, so a screen reader should say it. */
export function Notice({ kind, children, live = false }: Props) {
  const { className, Icon } = looks[kind];
  return (
    <div
      role={live ? (kind === "danger" ? "alert" : "status") : undefined}
      className={classNames("flex gap-3 rounded-md px-4 py-3 text-sm", className)}
    >
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0 flex-1">{children}</div>
    </div>
  );
}
