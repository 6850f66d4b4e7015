import { t } from "#app/_text/t.ts";
import { classNames } from "./class-names.ts";

/** Holds the place of what is coming, in its size. */
export function Skeleton({ className }: { readonly className: string }) {
  return <div aria-hidden className={classNames("animate-pulse rounded-lg bg-sunken", className)} />;
}

export function PageSkeleton() {
  return (
    <div className="space-y-6">
      <p role="status" className="sr-only">
        {t("loading")}
      </p>
      <Skeleton className="h-8 w-56" />
      <Skeleton className="h-44" />
      <Skeleton className="h-44" />
    </div>
  );
}
