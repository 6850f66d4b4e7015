import { type ComponentProps, useId } from "react";

/** A field for several lines. */
export function AreaField({ label, ...props }: ComponentProps<"textarea"> & { readonly label: string }) {
  const id = useId();
  return (
    <div className="space-y-1.5">
      <label htmlFor={id} className="block text-sm font-medium">
        {label}
      </label>
      <textarea
        id={id}
        className="w-full rounded-md border border-line-strong bg-surface px-3 py-2 text-sm text-ink placeholder:text-muted"
        {...props}
      />
    </div>
  );
}
